// Example 6 of the Call Outcomes document, with its hook from the package. Changed are the ids.
import { createRoot } from 'react-dom/client';
import { useCallOutcome } from 'ringpost/react';

interface Props {
  callId: string;
  userId: string;
}

// Usage in component
function CallOutcomeDisplay({ callId, userId }: Props) {
  const { outcome, loading, error, refresh } = useCallOutcome(callId, userId);

  if (loading) return <div>Loading...</div>;
  if (error) return <div>Error: {error}</div>;
  if (!outcome) return <div>Call not found</div>;

  return (
    <div>
      <h3>Call Outcome: {outcome.outcome}</h3>
      <p>Duration: {outcome.duration}s</p>
      <p>Phone: {outcome.phoneNumber}</p>

      {outcome.recordingUrl && (
        <audio controls src={outcome.recordingUrl} />
      )}

      <button onClick={refresh}>Refresh</button>
    </div>
  );
}

createRoot(document.getElementById('root')!).render(<CallOutcomeDisplay callId={CALL_ID} userId={USER_ID} />);
