"""A room of LiveKit and what happens in it, as its webhooks report it, as lib/tests/suite/support/room.rs has it."""

from typing import Any

from .report import LINE, Ids, Report, livekit

Who = dict[str, Any]


class Room:
    """A room and its events so far; each second is counted from the call's start."""

    def __init__(self, ids: Ids, number: int = 1) -> None:
        """The room has started."""
        self._ids = ids
        self._sid = f"RM_{ids.unique}_{number}"
        self.reports: list[Report] = []
        self._event("room_started", 0)

    def joined(self, second: int, who: Who) -> None:
        self._event("participant_joined", second, who)

    def left(self, second: int, who: Who, reason: str = "CLIENT_INITIATED") -> None:
        self._event("participant_left", second, who | {"disconnectReason": reason})

    def aborted(self, second: int, who: Who, reason: str) -> None:
        self._event("participant_connection_aborted", second, who | {"disconnectReason": reason})

    def finished(self, second: int) -> None:
        self._event("room_finished", second)

    def recorded(self, second: int) -> None:
        """An egress has ended, which reports the room's sid alone."""
        at = self._ids.start + second
        egress = {
            "egressId": f"EG_{self._sid}",
            "roomId": self._sid,
            "status": "EGRESS_COMPLETE",
            "endedAt": str(at * 1_000_000_000),
            "fileResults": [{"location": f"https://recordings.example.com/{self._sid}.ogg"}],
        }
        self._report("egress_ended", second, {"egressInfo": egress})

    def caller(self, name: str) -> Who:
        """Whom a dispatch rule lets in."""
        phone = self._phone(name, "active")
        phone["attributes"]["sip.ruleID"] = "SDR_1"
        return phone

    def dialled(self, name: str, status: str) -> Who:
        """Whom the platform dials."""
        return self._phone(name, status)

    def _phone(self, name: str, status: str) -> Who:
        attributes = {
            "sip.callID": f"SCL_{self._ids.unique}_{name}",
            "sip.trunkID": "ST_1",
            "sip.callStatus": status,
            "sip.phoneNumber": self._ids.number,
            "sip.trunkPhoneNumber": LINE,
        }
        return {"identity": f"sip_{name}", "kind": "SIP", "attributes": attributes}

    def _event(self, name: str, second: int, participant: Who | None = None) -> None:
        room = {"sid": self._sid, "name": f"n-{self._sid}", "creationTime": str(self._ids.start)}
        self._report(name, second, {"room": room} | ({"participant": participant} if participant else {}))

    def _report(self, name: str, second: int, more: dict[str, Any]) -> None:
        number = len(self.reports)
        head = {"event": name, "id": f"EV_{self._sid}_{number:03}", "createdAt": str(self._ids.start + second)}
        self.reports.append(livekit(head | more))


def agent() -> Who:
    """The voice agent."""
    return {"identity": "agent-1", "kind": "AGENT"}


def web(name: str) -> Who:
    """A person in a browser."""
    return {"identity": name}
