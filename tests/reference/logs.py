"""Writes fixtures/logs: a few days of made logs of a small office, in three export shapes, with one attack.

    python tests/reference/logs.py fixtures/logs

No line is taken from a real log. The seed is fixed, so the same files are written again.
"""
import datetime as dt
import gzip
import json
import random
import sys

out = sys.argv[1]
rng = random.Random(7)
start = dt.datetime(2026, 3, 2, tzinfo=dt.timezone.utc)
users = ["anna", "boris", "chris", "dana", "emil", "fay"]
hosts = ["WS-1.corp.example", "WS-2.corp.example", "SRV-1.corp.example"]
security, sysmon, domain = [], [], []
number = {}


def text(time):
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def record(host):
    number[host] = number.get(host, 1000) + 1
    return number[host]


def winlogbeat(time, host, event_id, data, channel="Security"):
    security.append((time, {"@timestamp": text(time), "winlog": {
        "event_id": str(event_id), "channel": channel, "computer_name": host, "record_id": record(host), "event_data": data}}))


def logon(time, host, user, session, success=True, source="10.0.0.%d", kind="3", admin=False):
    data = {"TargetUserName": user, "TargetDomainName": "CORP", "LogonType": kind, "IpAddress": source, "AuthenticationPackageName": "NTLM"}
    if success:
        data["TargetLogonId"] = hex(session)
    winlogbeat(time, host, 4624 if success else 4625, data)
    if success and admin:
        winlogbeat(time + dt.timedelta(milliseconds=3), host, 4672, {"SubjectUserName": user, "SubjectDomainName": "CORP", "SubjectLogonId": hex(session)})


def process(time, host, user, pid, parent, child, command):
    utc = time.strftime("%Y-%m-%d %H:%M:%S.") + f"{time.microsecond // 1000:03d}"
    guid = "{%08x-0000-0000-0000-%012x}" % (hash((host, pid)) & 0xFFFFFFFF, pid)
    sysmon.append({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": host, "@timestamp": text(time),
                   "RecordNumber": record(host + "s"), "UtcTime": utc, "ProcessGuid": guid, "ProcessId": str(pid), "User": "CORP\\" + user,
                   "ParentProcessGuid": "{00000000-0000-0000-0000-%012x}" % (1 if "explorer" in parent else 2),
                   "Image": child, "ParentImage": parent, "CommandLine": command})


EXPLORER, WORD = "C:\\Windows\\explorer.exe", "C:\\Program Files\\Office\\winword.exe"
POWERSHELL, CMD, NET = ("C:\\Windows\\System32\\" + name for name in ("WindowsPowerShell\\v1.0\\powershell.exe", "cmd.exe", "net.exe"))
session, pid = 0x10000, 1000
for day in range(5):
    for user in users:
        for _ in range(rng.randint(4, 8)):
            time = start + dt.timedelta(days=day, hours=8, milliseconds=rng.randint(0, 9 * 3600 * 1000))
            host = rng.choice(hosts)
            session += 17
            if rng.random() < 0.08:
                logon(time - dt.timedelta(seconds=20), host, user, 0, success=False, source="10.0.0.%d" % (users.index(user) + 10))
            logon(time, host, user, session, source="10.0.0.%d" % (users.index(user) + 10), admin=user == "anna")
            pid += 4
            process(time + dt.timedelta(seconds=5), host, user, pid, EXPLORER, WORD, "winword.exe /n report.docx")
attack = start + dt.timedelta(days=3, hours=2)
for attempt in range(9):
    logon(attack + dt.timedelta(seconds=7 * attempt), hosts[2], "boris", 0, success=False, source="10.0.0.66")
session += 17
logon(attack + dt.timedelta(seconds=70), hosts[2], "boris", session, source="10.0.0.66", admin=True)
process(attack + dt.timedelta(seconds=80), hosts[2], "boris", pid + 4, WORD, POWERSHELL, "powershell.exe -enc dwBoAG8AYQBtAGkA")
process(attack + dt.timedelta(seconds=95), hosts[2], "boris", pid + 8, CMD, NET, "net user helper S3cret! /add")
winlogbeat(attack + dt.timedelta(seconds=96), hosts[2], 4720, {"SubjectUserName": "boris", "SubjectDomainName": "CORP", "SubjectLogonId": hex(session), "TargetUserName": "helper", "TargetDomainName": "CORP"})
winlogbeat(start + dt.timedelta(days=1, hours=10), hosts[2], 4724, {"SubjectUserName": "anna", "SubjectDomainName": "CORP", "SubjectLogonId": "0x1", "TargetUserName": "fay", "TargetDomainName": "CORP"})

security.sort(key=lambda item: item[0])
sysmon.sort(key=lambda item: item["@timestamp"])
for item in sysmon:
    item["ProcessGuid"] = "{00000001-0000-0000-0000-%012x}" % int(item["ProcessId"])
lines = "".join(json.dumps(item[1]) + "\n" for item in security)
with open(f"{out}/security.jsonl.gz", "wb") as file, gzip.GzipFile("", "wb", 9, file, 0) as zipped:
    zipped.write(lines.encode())
with open(f"{out}/sysmon.json", "w") as file:
    file.write("[" + ",\n".join(json.dumps(item) for item in sysmon) + "]\n")
with open(f"{out}/hosts.csv", "w") as file:
    file.write("host,class\nWS-1,workstation\nWS-2,workstation\nSRV-1,server\n")
with open(f"{out}/labels.csv", "w") as file:
    file.write("host,user,from,to,label,attack_id,technique\n")
    file.write("SRV-1,CORP\\boris,2026-03-05T02:00:00Z,2026-03-05T03:00:00Z,attack,guessing-1,T1110\n")
