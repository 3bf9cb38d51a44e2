"""A neighbour of the shared database, in Python: what Cegal's Python tools do with it, and no more.

Arguments: the database, the client id, the token endpoint. It reads the row at its start and prints "ready"; then it does what
each line of its input says, and prints the result of each as JSON.
"""

import base64
import json
import sqlite3
import sys
import time
import urllib.parse
import urllib.request

path, client_id, token_endpoint = sys.argv[1:4]
TABLE = (
    "CREATE TABLE IF NOT EXISTS client_tokens (client_id TEXT PRIMARY KEY, id_token TEXT, access_token TEXT, "
    "refresh_token TEXT)"
)


def connect():
    return sqlite3.connect(path)


def read():
    with connect() as connection:
        connection.execute(TABLE)
        query = "SELECT id_token, access_token, refresh_token FROM client_tokens WHERE client_id = ?"
        return connection.execute(query, (client_id,)).fetchone()


def write(id_token, access_token, refresh_token):
    """One transaction: UPDATE, then INSERT OR IGNORE."""
    row = (id_token, access_token, refresh_token, client_id)
    with connect() as connection:
        connection.execute(
            "UPDATE client_tokens SET id_token = ?, access_token = ?, refresh_token = ? WHERE client_id = ?", row
        )
        connection.execute(
            "INSERT OR IGNORE INTO client_tokens (id_token, access_token, refresh_token, client_id) VALUES (?, ?, ?, ?)",
            row,
        )


def empty():
    with connect() as connection:
        connection.execute("UPDATE client_tokens SET access_token = '' WHERE client_id = ?", (client_id,))


def delete():
    with connect() as connection:
        connection.execute("DELETE FROM client_tokens WHERE client_id = ?", (client_id,))


def hold(seconds):
    """Nobody reads or writes meanwhile."""
    connection = connect()
    connection.isolation_level = None
    connection.execute("BEGIN EXCLUSIVE")
    print("held", flush=True)
    time.sleep(seconds)
    connection.execute("COMMIT")
    connection.close()


def is_good(row):
    if not row or not row[0] or not row[1] or not row[2]:
        return False
    payload = row[1].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims["exp"] > time.time()


def renew(row):
    form = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": row[2]}
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(token_endpoint, data) as response:
        answer = json.load(response)
    return (answer["id_token"], answer["access_token"], answer.get("refresh_token"))


def get_token():
    """As they do: the row of the start, else the row of now, else a renewal without a lock; any fault deletes the row."""
    global known
    if not is_good(known):
        known = read()
    if not is_good(known):
        if not known or not known[0] or not known[2]:
            return {"login": True}
        try:
            known = renew(known)
        except Exception as fault:  # noqa: BLE001
            delete()
            return {"fault": str(fault)}
        write(*known)
    return {"token": known[1]}


known = read()
print("ready", flush=True)
for line in sys.stdin:
    order, *values = json.loads(line)
    result = {"token": get_token, "write": write, "empty": empty, "delete": delete, "hold": hold, "read": read}[order](*values)
    print(json.dumps(result), flush=True)
