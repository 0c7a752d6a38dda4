// Example 5 of the Call Outcomes document. Changed are the base URL, the ids and where the token comes from.
import type { CallLog } from './call-log';

// Retrieve call outcome from client
async function getCallOutcome(callId: string, userId: string): Promise<CallLog> {
  const response = await fetch(
    `${BASE_URL}/api/calls/${callId}/outcome?user_id=${userId}`,
    {
      headers: {
        'Authorization': `Bearer ${jwtToken}`,
        'Content-Type': 'application/json'
      }
    }
  );

  if (!response.ok) {
    const error = await response.json();
    throw new Error(error.error || 'Failed to retrieve call outcome');
  }

  return await response.json();
}

// Usage
try {
  const outcome = await getCallOutcome(CALL_ID, USER_ID);
  console.log(`Call outcome: ${outcome.outcome}`);
  console.log(`Duration: ${outcome.duration}s`);

  if (outcome.recordingUrl) {
    console.log(`Recording: ${outcome.recordingUrl}`);
  }
} catch (error) {
  console.error('Error:', error.message);
}
