// The CallLog model of the Call Outcomes document, and what the build puts in place of the examples' constants.
export interface CallLog {
  id: string;                    // UUID primary key
  userId: string;                // Foreign key to users table
  agentConfigId?: string;        // Foreign key to agent_configs table
  livekitRoomName: string;       // LiveKit room identifier
  livekitRoomSid: string;        // LiveKit room SID (unique)
  direction: 'inbound' | 'outbound';
  phoneNumber: string;           // E.164 format (e.g., +17678189426)
  sipCallId?: string;            // SIP call identifier
  status: 'active' | 'ended' | 'failed';
  outcome?: 'completed' | 'no_answer' | 'busy' | 'failed';
  duration?: number;             // Call duration in seconds
  recordingUrl?: string;         // URL to call recording
  metadata?: Record<string, any>; // JSONB flexible metadata
  startedAt: string;             // ISO 8601 timestamp
  endedAt?: string;              // ISO 8601 timestamp
  createdAt: string;             // ISO 8601 timestamp
  updatedAt: string;             // ISO 8601 timestamp
}

declare global {
  const BASE_URL: string;
  const CALL_ID: string;
  const USER_ID: string;
  const jwtToken: string;
}
