import { Code } from '../../ui/parts';

/** A generated signing secret, which the API shows once. */
export function Secret({ secret }: { secret: string }) {
  return (
    <div className="notice" role="status">
      <p>Store this signing secret now. It is shown only once.</p>
      <Code label="Signing secret" text={secret} />
    </div>
  );
}
