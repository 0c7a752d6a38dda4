/** Sign-in by a pasted token, or at the stage's identity provider where it has one. */
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useEffect, useId, useState } from 'react';

import type { Oidc } from '../oidc';
import { signIn, useSession } from '../session';
import { Code } from '../ui/parts';

const COMMAND = "grep '^RINGPOST_TOKEN=' .local/stack.env | cut -d= -f2-";

/** What the function says about its stage: `console/config.json`. */
async function readConfig(): Promise<{ oidc?: Oidc }> {
  const response = await fetch('config.json');
  if (!response.ok) throw new Error(`config.json answered ${response.status}`);
  return response.json();
}

export function SignIn() {
  const { ended } = useSession();
  const config = useQuery({ queryKey: ['config'], queryFn: readConfig, staleTime: Number.POSITIVE_INFINITY });
  return (
    <main className="sign-in">
      <h1>Ringpost</h1>
      {ended && (
        <p className="notice" role="status">
          {ended}
        </p>
      )}
      {config.data?.oidc && <ByProvider oidc={config.data.oidc} />}
      <ByToken />
    </main>
  );
}

function ByToken() {
  const [wrong, setWrong] = useState(false);
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setWrong(!signIn(String(new FormData(event.currentTarget).get('token'))));
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor={id}>Token</label>
      <textarea
        id={id}
        name="token"
        rows={5}
        required
        spellCheck={false}
        autoComplete="off"
        aria-describedby={`${id}-hint`}
        aria-invalid={wrong}
      />
      <p id={`${id}-hint`} className={wrong ? 'wrong' : 'muted'} role={wrong ? 'alert' : undefined}>
        {wrong
          ? 'This is no JSON web token. It has three parts with dots between them.'
          : 'A JSON web token of your tenant. It stays in this tab and is sent to this stage alone.'}
      </p>
      <button type="submit" className="primary">
        Sign in
      </button>
      <details>
        <summary>Where do I get a token?</summary>
        <p>
          Your identity provider or your backend makes it. The local stack writes one into <code>.local/stack.env</code>
          :
        </p>
        <Code label="On this machine" text={COMMAND} />
      </details>
    </form>
  );
}

function ByProvider({ oidc }: { oidc: Oidc }) {
  const [problem, setProblem] = useState('');
  const begin = () =>
    import('../oidc').then((flow) => flow.begin(oidc)).catch((error: Error) => setProblem(error.message));
  useEffect(() => {
    import('../oidc')
      .then((flow) => (flow.isReturning() ? flow.finish(oidc) : undefined))
      .catch((error: Error) => setProblem(error.message));
  }, [oidc]);
  return (
    <section>
      <button type="button" className="primary" onClick={() => void begin()}>
        Sign in at {new URL(oidc.issuer).host}
      </button>
      {problem && (
        <p className="notice problem" role="alert">
          The sign-in failed: {problem}
        </p>
      )}
    </section>
  );
}
