// The ids that the Call Outcomes document's examples have as text.
declare const CALL_ID: string;
declare const USER_ID: string;
