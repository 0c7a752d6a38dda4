// Example 6 of the Call Outcomes document. Changed are the base URL and the ids.
import { createRoot } from 'react-dom/client';
import type { CallLog } from './call-log';

interface Props {
  callId: string;
  userId: string;
}

import { useState, useEffect } from 'react';

interface UseCallOutcomeResult {
  outcome: CallLog | null;
  loading: boolean;
  error: string | null;
  refresh: () => void;
}

function useCallOutcome(callId: string, userId: string): UseCallOutcomeResult {
  const [outcome, setOutcome] = useState<CallLog | null>(null);
  const [loading, setLoading] = useState(true);
  const [error, setError] = useState<string | null>(null);

  const fetchOutcome = async () => {
    setLoading(true);
    setError(null);

    try {
      const response = await fetch(
        `${BASE_URL}/api/calls/${callId}/outcome?user_id=${userId}`,
        {
          headers: {
            'Authorization': `Bearer ${localStorage.getItem('token')}`,
            'Content-Type': 'application/json'
          }
        }
      );

      if (!response.ok) {
        throw new Error('Failed to fetch call outcome');
      }

      const data = await response.json();
      setOutcome(data);
    } catch (err) {
      setError(err instanceof Error ? err.message : 'Unknown error');
    } finally {
      setLoading(false);
    }
  };

  useEffect(() => {
    fetchOutcome();
  }, [callId, userId]);

  return { outcome, loading, error, refresh: fetchOutcome };
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
