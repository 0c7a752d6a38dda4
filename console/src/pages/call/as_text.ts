/** The explanation as plain text, for a ticket. */
import type { Explanation } from '../../api';
import { words } from '../../format';

export function asText(explanation: Explanation): string {
  const claims = explanation.claims.map(
    (claim) =>
      `  ${claim.won ? '*' : ' '} ${words(claim.fact)} = ${claim.value}  (${claim.source} ${claim.eventType}, rank ${claim.rank}, ${claim.occurredAt}${claim.lostBecause ? `; lost: ${words(claim.lostBecause)}` : ''})`,
  );
  const announced = explanation.announcements.flatMap((announcement) => [
    `  ${announcement.at} ${announcement.eventType} ${announcement.messageId}`,
    ...(announcement.deliveries ?? []).map(
      (delivery) =>
        `    ${delivery.name ?? `endpoint ${delivery.webhookConfigId}`}: ${delivery.status}, attempts ${delivery.attempts}${delivery.responseStatus ? `, last answer ${delivery.responseStatus}` : ''}`,
    ),
  ]);
  return [
    `Call ${explanation.callId}: ${words(explanation.outcome ?? explanation.status)}`,
    explanation.sentence,
    ...(explanation.complete ? [] : ['Some events are missing.']),
    '',
    'Claims (* won)',
    ...claims,
    '',
    'Announced',
    ...announced,
    '',
  ].join('\n');
}
