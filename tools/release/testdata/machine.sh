#!/bin/bash
# Runs on a separate machine for TestMachine, which puts old.deb, new.deb, old.db, litestream.yml, and routecard-litestream.service into
# /root. Prints the result of each check, and DONE at the end.
cd /root || exit 1

want() { # WHAT GOT WANTED
	if [ "$2" = "$3" ]; then echo "ok: $1"; else echo "FAULT: $1: $2, want $3"; fi
}
try() { "$@" >command.log 2>&1 || { echo "FAULT: $*"; cat command.log; }; }
state() { systemctl show --property=ActiveState --value "$1"; }
pid() { systemctl show --property=MainPID --value "$1"; }
# eventually WHAT WANTED COMMAND... waits up to a minute until the command prints what is wanted.
eventually() {
	local what=$1 wanted=$2 got
	shift 2
	for _ in {1..300}; do
		got=$("$@" 2>/dev/null)
		[ "$got" = "$wanted" ] && break
		sleep 0.2
	done
	want "$what" "$got" "$wanted"
}
ready() { curl -s -o /dev/null -w '%{http_code}' localhost:3000/readyz; }
serving() { eventually "$1: the server is ready" 200 ready; }
create() { curl -s -o /dev/null -w '%{http_code}' localhost:3000/api/jobs -H 'Content-Type: application/json' -d "{\"name\":\"$1\",\"goalQuantity\":5}"; }
jobs() { curl -s localhost:3000/api/jobs | grep -o '"id":"job_' | wc -l; }
copied() {
	rm -f copy.db*
	litestream restore -config /etc/litestream.yml -o copy.db /var/lib/routecard/routecard.db >/dev/null 2>&1
	routecard check --database copy.db 2>/dev/null | grep -o '^[0-9]* event'
}

echo "PID 1 is $(cat /proc/1/comm), $(systemctl --version | head -1)"
try dpkg --install old.deb
serving "installed"
want "the service is enabled" "$(systemctl is-enabled routecard)" enabled
want "the user of the server" "$(stat -c %U "/proc/$(pid routecard)")" routecard
want "the mode of the data" "$(stat -c '%a %U' /var/lib/routecard)" "700 routecard"

# The server exits with 0 on SIGTERM.
try systemctl stop routecard
want "the result of a stop" "$(systemctl show --property=Result --property=ExecMainStatus --value routecard | xargs)" "success 0"
# The database of version 0.1.0.
rm -f /var/lib/routecard/routecard.db*
install -o routecard -g routecard -m 0600 old.db /var/lib/routecard/routecard.db
try dpkg --install new.deb
serving "upgraded"
want "the jobs of 0.1.0" "$(jobs)" 1
try test -n "$(ls /var/lib/routecard/backups)"

# Another program uses the address for so long that systemd would give up with its default limit of 5 starts in 10 seconds.
try systemctl stop routecard
systemd-socket-activate --listen=127.0.0.1:3000 cat >/dev/null 2>&1 &
taken=$!
sleep 1
systemctl start --no-block routecard
sleep 15
want "the service, while its address is taken" "$(state routecard)" activating
kill $taken
serving "after its address is free"

# Litestream, as the guide describes it.
install -d -o routecard -g routecard /mnt/copies/routecard
cp litestream.yml /etc/litestream.yml
cp routecard-litestream.service /etc/systemd/system/
want "what systemd finds in the unit" "$(systemd-analyze verify /etc/systemd/system/routecard-litestream.service 2>&1)" ""
try systemctl enable --now routecard-litestream
want "the user of Litestream" "$(stat -c %U "/proc/$(pid routecard-litestream)")" routecard
want "a job" "$(create first)" 201
events=$(curl -s localhost:3000/api/events | grep -o '"seq":' | wc -l)
eventually "the events in the copy" "$events event" copied
server=$(pid routecard) litestream=$(pid routecard-litestream)
kill -KILL "$server"
serving "killed"
eventually "Litestream, after the server was killed" active state routecard-litestream
want "another Litestream runs" "$([ "$(pid routecard-litestream)" != "$litestream" ] && echo yes)" yes
kill -KILL "$(pid routecard-litestream)"
eventually "Litestream, after it was killed" active state routecard-litestream
want "the server stays" "$(state routecard)" active
try dpkg --install new.deb
serving "installed again"
eventually "Litestream, after the server was upgraded" active state routecard-litestream
want "a job" "$(create second)" 201
eventually "the events in the copy" "$((events + 1)) event" copied
try systemctl stop routecard
want "Litestream, after the server was stopped" "$(state routecard-litestream)" inactive

# The token for Jira, as docs/guides/install.md describes it.
mkdir -p /etc/credstore.encrypted /etc/systemd/system/routecard.service.d
printf token | try systemd-creds encrypt --name=jira-token - /etc/credstore.encrypted/jira-token
printf '[Service]\nLoadCredentialEncrypted=jira-token:/etc/credstore.encrypted/jira-token\n' >/etc/systemd/system/routecard.service.d/override.conf
cp /etc/routecard/routecard.env env.before
printf 'ROUTECARD_JIRA_URL=https://jira.example.com\nROUTECARD_JIRA_USER=maria@example.com\n' >>/etc/routecard/routecard.env
try systemctl daemon-reload
try systemctl start routecard
serving "with a credential"
want "Jira is set up" "$(curl -s localhost:3000/api/session | grep -o '"jira":true')" '"jira":true'
want "the token in the environment" "$(grep -c token "/proc/$(pid routecard)/environ")" 0

# Requests from other machines, HTTPS, and port 443, as the same guide describes them.
runuser -u routecard -- routecard keys create --name office --role write --database /var/lib/routecard/routecard.db >key 2>/dev/null
sed 's/^ROUTECARD_ADDR=.*/ROUTECARD_ADDR=0.0.0.0:443/' env.before >/etc/routecard/routecard.env
echo ROUTECARD_TLS_SELF_SIGNED=true >>/etc/routecard/routecard.env
printf '[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\nPrivateUsers=no\n' >/etc/systemd/system/routecard.service.d/override.conf
try systemctl daemon-reload
try systemctl restart routecard
want "a request with the key" "$(curl -sk -o /dev/null -w '%{http_code}' https://localhost/api/jobs -H "Authorization: Bearer $(cat key)")" 200
want "a request without a key" "$(curl -sk -o /dev/null -w '%{http_code}' https://localhost/api/jobs)" 401
rm -r /etc/systemd/system/routecard.service.d
cp env.before /etc/routecard/routecard.env
try systemctl daemon-reload

# A service that was disabled stays as it is.
try systemctl disable --now routecard
try dpkg --install new.deb
want "a disabled service, after an upgrade" "$(state routecard)" inactive
try systemctl enable --now routecard
serving "enabled"

try dpkg --remove routecard
want "the server, after a removal" "$(state routecard)" inactive
want "Litestream, after a removal" "$(state routecard-litestream)" inactive
try test -s /var/lib/routecard/routecard.db
try test -s /etc/routecard/routecard.env
try dpkg --install new.deb
serving "installed after a removal"
try dpkg --purge routecard
want "the server, after a purge" "$(state routecard)" inactive
want "what a purge leaves" "$(ls -d /var/lib/routecard /etc/routecard /etc/systemd/system/*/routecard.service 2>/dev/null)" ""
want "the user, after a purge" "$(getent passwd routecard)" ""
want "failed services" "$(systemctl --failed --no-legend | grep routecard)" ""
echo DONE
