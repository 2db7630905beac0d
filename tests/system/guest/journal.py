"""Judges what the daemon wrote to the journal since it was installed: every line is in the catalogue. Never reads the
daemon's own files. With `calm` also: nothing was said that an operator has to act on."""

import json
import subprocess
import sys

WARNING = 4  # syslog(3): the smaller, the worse


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(calm):
    known = {line.split()[0] for line in output("journalctl", "--list-catalog").splitlines() if line.strip()}
    lines = [json.loads(line) for line in output("journalctl", "-o", "json", "-u", "vouchgated.service").splitlines()]
    own = [line for line in lines if line.get("_COMM") == "vouchgated"]
    events = [line for line in own if line.get("_TRANSPORT") == "journal"]
    if not events:
        return "the daemon wrote nothing to the journal"
    for line in events:
        if line.get("MESSAGE_ID") not in known:
            return f"not in the catalogue: {line.get('MESSAGE_ID')}: {line['MESSAGE']}"
    if not any(field.startswith("VOUCHGATE_") for line in events for field in line):
        return "no line has a field of its own"
    loud = [line["MESSAGE"] for line in lines if int(line.get("PRIORITY", 6)) <= WARNING]
    if calm and loud:
        return f"{len(loud)} warnings on a good day: {loud[0]}"
    print(f"{len(events)} lines of {len({line['MESSAGE_ID'] for line in events})} kinds")
    return None


if __name__ == "__main__":
    sys.exit(main("calm" in sys.argv))
