/** An endpoint's last day in one line: a cell for each hour, coloured by the worst that happened in it. */
import type { HealthBucket } from '../api';
import { hour } from '../format';

export function worst(bucket: HealthBucket): 'failed' | 'pending' | 'delivered' | 'none' {
  if (bucket.failed) return 'failed';
  if (bucket.pending) return 'pending';
  return bucket.delivered ? 'delivered' : 'none';
}

export function HealthStrip({ buckets }: { buckets: readonly HealthBucket[] }) {
  const hours = (kind: ReturnType<typeof worst>) => buckets.filter((bucket) => worst(bucket) === kind).length;
  const said = `${hours('failed')} hours with failures, ${hours('pending')} with pending deliveries, ${hours('delivered')} without failure, ${hours('none')} without deliveries`;
  return (
    <span className="strip" role="img" aria-label={said}>
      {buckets.map((bucket) => (
        <span
          key={bucket.from}
          className={`cell fill-${worst(bucket)}`}
          title={`${hour(bucket.from)}: ${bucket.delivered} delivered, ${bucket.failed} failed, ${bucket.pending} pending`}
        />
      ))}
    </span>
  );
}
