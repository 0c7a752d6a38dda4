// Example 5 of the Call Outcomes document, with its client from the package. Changed are the ids.
import { getCallOutcome } from 'ringpost';

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
