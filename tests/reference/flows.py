"""Write fixtures/flows.csv: 500 simulated network flows of one week, 15 of them attacks.

    python tests/reference/flows.py

Three kinds of attack: scans (short flows of few packets), exfiltration (many bytes, mostly at night) and beacons, which
look almost like normal flows. The first two are easier to find than the last. It needs only Python's standard library,
and the same seed writes the same bytes.
"""

import csv
import math
import random
from datetime import datetime, timedelta
from pathlib import Path

OUT = Path(__file__).resolve().parents[2] / "fixtures" / "flows.csv"
SEED = 20250303
ROWS = 500
ATTACKS = {"scan": 5, "exfiltration": 5, "beacon": 5}
MONDAY = datetime(2025, 3, 3)
COLUMNS = ["ts", "duration_s", "bytes_out", "packets", "protocol", "dst_port_class", "is_attack"]

# Normal flows by port class: share of all flows, protocol, median seconds, median bytes, bytes per packet.
SERVICES = {
    "web": (0.46, "tcp", 4.0, 9000, 700),
    "dns": (0.26, "udp", 0.05, 90, 80),
    "mail": (0.10, "tcp", 6.0, 24000, 800),
    "database": (0.09, "tcp", 2.0, 6000, 500),
    "ssh": (0.05, "tcp", 60.0, 30000, 200),
    "other": (0.04, "icmp", 1.0, 300, 80),
}


def main():
    chance = random.Random(SEED)
    attacks = [attack(kind, chance) for kind, count in ATTACKS.items() for _ in range(count)]
    flows = attacks + [normal(chance) for _ in range(ROWS - len(attacks))]
    flows.sort(key=lambda flow: flow[0])
    with OUT.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(flows)
    print(f"{OUT.name}: {len(flows)} flows, {len(attacks)} attacks")


def normal(chance):
    services = list(SERVICES)
    name = chance.choices(services, [SERVICES[service][0] for service in services])[0]
    _, protocol, seconds, size, packet = SERVICES[name]
    sent = around(size, 0.9, chance)
    return flow(moment(chance, working=0.85), around(seconds, 0.9, chance), sent, sent / packet, protocol, name, 0)


def attack(kind, chance):
    if kind == "scan":
        port = chance.choice(["other", "other", "ssh", "database"])
        sent = around(90, 0.3, chance)
        return flow(moment(chance, working=0.4), around(0.02, 0.6, chance), sent, sent / 60, "tcp", port, 1)
    if kind == "exfiltration":
        port = chance.choice(["web", "web", "ssh", "other"])
        sent = around(180000, 0.7, chance)
        return flow(moment(chance, working=0.2), around(90, 0.8, chance), sent, sent / 1100, "tcp", port, 1)
    sent = around(1500, 0.3, chance)
    return flow(moment(chance, working=0.3), around(12, 0.4, chance), sent, sent / 250, "tcp", "web", 1)


def flow(time, seconds, sent, packets, protocol, port, is_attack):
    """One row; a flow has at least one packet."""
    row = [f"{seconds:.3f}", str(round(sent)), str(max(1, round(packets)))]
    return [time.isoformat(), *row, protocol, port, str(is_attack)]


def around(median, spread, chance):
    """A log-normal value."""
    return median * math.exp(chance.gauss(0.0, spread))


def moment(chance, working):
    """A second of the week; with probability `working` on a working day between 8 and 18."""
    if chance.random() < working:
        day, hour = chance.randrange(5), chance.uniform(8, 18)
    else:
        day, hour = chance.randrange(7), chance.uniform(0, 24)
    return MONDAY + timedelta(days=day, seconds=int(hour * 3600))


if __name__ == "__main__":
    main()
