#!/usr/bin/env bash
# Parcel's main job, by curl alone, against servers that it starts and kills.
#
#   apps/parcel/demo.sh             one process on SQLite, memory and the local disk
#   apps/parcel/demo.sh postgres    two processes that meet in PostgreSQL and Redis
#   apps/parcel/demo.sh mariadb     two processes that meet in MariaDB and Redis
#
# Servers: TEST_POSTGRES_URL, TEST_MYSQL_URL and TEST_REDIS_URL, else those on the standard local ports. In a database of its own,
# which is gone afterwards. Needs curl, and the packages of `npm ci`.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:$PATH"

ENGINE=${1:-sqlite}
WORK=$(mktemp -d)
PIDS=()
SERVICES=

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
say() { printf '  %s\n' "$*"; }
fail() {
  printf '\nFAILED: %s\n' "$*" >&2
  for log in "$WORK"/server-*.log; do tail -n 5 "$log" >&2; done
  exit 1
}
expect() { [ "$2" = "$3" ] || fail "$1: expected $2, got $3"; }
# expect_status <what> <status> <curl arguments …>: the body is left in $WORK/body, the head in $WORK/head
expect_status() {
  local what=$1 status=$2 seen
  shift 2
  seen=$(curl -sS -o "$WORK/body" -D "$WORK/head" -w '%{http_code}' -H "authorization: Bearer $TOKEN" "$@") || fail "$what: curl failed"
  expect "$what" "$status" "$seen"
}
header() { tr -d '\r' < "$WORK/head" | sed -n "s/^$1: //Ip" | tail -n 1; }
# field <name>: a field of the JSON object in the body, the first of that name
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$WORK/body" | head -n 1; }
sha() { sha256sum "$1" | cut -d ' ' -f 1; }

cleanup() {
  for pid in "${PIDS[@]}"; do kill -TERM "$pid" 2> /dev/null || true; done
  for pid in "${PIDS[@]}"; do wait "$pid" 2> /dev/null || true; done
  if [ -n "$SERVICES" ]; then kill -TERM "$SERVICES" 2> /dev/null || true; wait "$SERVICES" 2> /dev/null || true; fi
  rm -rf "$WORK"
}
trap cleanup EXIT

plinth() { node --conditions=plinth:source bin/plinth.js "$@"; }

# start <number>: starts a server and leaves its URL in URL_<number>, its process in PID_<number>
start() {
  local log="$WORK/server-$1.log" lines url
  touch "$log"
  lines=$(wc -l < "$log")
  PORT=0 ADMIN_PORT=0 HTTP_THREADS=2 LOG_FORMAT=json node --conditions=plinth:source bin/plinth.js start >> "$log" 2>&1 &
  PIDS+=("$!")
  printf -v "PID_$1" '%s' "$!"
  for _ in $(seq 300); do
    url=$(tail -n "+$((lines + 1))" "$log" | sed -n 's/.*"public":"\([^"]*\)".*"message":"ready".*/\1/p' | head -n 1)
    [ -n "$url" ] && break
    kill -0 "$!" 2> /dev/null || fail "server $1 ended before it was ready"
    sleep 0.1
  done
  [ -n "$url" ] || fail "server $1 was not ready within 30 s"
  printf -v "URL_$1" '%s' "$url"
  say "server $1: $url (process $!)"
}

step "Start ($ENGINE)"
export APP_ENV=test DATA_FOLDER="$WORK/data" STORAGE_URL="file:$WORK/files" APP_KEY=demo-key-demo-key-demo-key-demo-key-2fA9
export DATABASE_URL="sqlite:$WORK/data/app.db"
if [ "$ENGINE" != sqlite ]; then
  # A throw-away database for as long as that program runs.
  node --conditions=plinth:source apps/parcel/demo/services.ts "$ENGINE" > "$WORK/services" &
  SERVICES=$!
  for _ in $(seq 100); do [ -s "$WORK/services" ] && break; kill -0 "$SERVICES" 2> /dev/null || fail "no $ENGINE or no Redis"; sleep 0.1; done
  set -a; . "$WORK/services"; set +a
fi
plinth db migrate | sed 's/^/  /'
start 1
if [ "$ENGINE" = sqlite ]; then URL_2=$URL_1; else start 2; fi
TOKEN=$(plinth token ada)

step "Upload a photo and 200 MB"
head -c 200000000 /dev/urandom > "$WORK/large.bin"
expect_status "the photo" 201 -H 'content-type: image/jpeg' --data-binary @apps/parcel/demo/photo.jpg "$URL_1/files?name=photo.jpg"
PHOTO=$(field id)
expect "the photo's hash" "$(sha apps/parcel/demo/photo.jpg)" "$(field hash)"
say "photo.jpg is $PHOTO"
expect_status "the large file" 201 -T "$WORK/large.bin" -X POST -H 'content-type: application/octet-stream' "$URL_2/files?name=large.bin"
LARGE=$(field id)
LARGE_HASH=$(sha "$WORK/large.bin")
expect "the large file's hash" "$LARGE_HASH" "$(field hash)"
say "large.bin is $LARGE, hash $(field hash | cut -c 1-16)…"

step "List and page"
expect_status "the first page" 200 "$URL_1/files?limit=1"
grep -q "$LARGE" "$WORK/body" || fail "the newest file comes first"
CURSOR=$(field nextCursor)
expect_status "the second page" 200 "$URL_2/files?limit=1&cursor=$CURSOR"
grep -q "$PHOTO" "$WORK/body" || fail "the older file comes on the second page"
say "two pages of one"

step "Fetch a range"
expect_status "a range" 206 -r 100000000-100000999 "$URL_2/files/$LARGE/content"
expect "its bytes" "$(tail -c +100000001 "$WORK/large.bin" | head -c 1000 | sha256sum)" "$(sha256sum < "$WORK/body")"
say "$(header content-range)"

step "Rename, if nobody else did"
expect_status "the photo's record" 200 "$URL_1/files/$PHOTO"
ETAG=$(header etag)
expect_status "a rename without If-Match" 428 -X PATCH --json '{"name":"sunset.jpg"}' "$URL_1/files/$PHOTO"
expect_status "a rename" 200 -X PATCH -H "if-match: $ETAG" --json '{"name":"sunset.jpg"}' "$URL_1/files/$PHOTO"
expect_status "a rename of what was renamed" 412 -X PATCH -H "if-match: $ETAG" --json '{"name":"lost.jpg"}' "$URL_2/files/$PHOTO"
expect_status "the list" 200 "$URL_2/files"
grep -q '"name":"sunset.jpg"' "$WORK/body" || fail "the list shows the new name at once, in both processes"
say "once 200, then 412; the list knows"

step "Repeat an upload with its Idempotency-Key"
expect_status "the first try" 201 -H 'idempotency-key: "demo-1"' --data-binary 'once' "$URL_1/files?name=once.txt"
ONCE=$(field id)
expect_status "the second try" 201 -H 'idempotency-key: "demo-1"' --data-binary 'once' "$URL_2/files?name=once.txt"
expect "the same file" "$ONCE" "$(field id)"
expect_status "another body under the same key" 422 -H 'idempotency-key: "demo-1"' --data-binary 'twice' "$URL_2/files?name=once.txt"
say "one file, $ONCE"

step "Run into a limit"
TOKEN_BEFORE=$TOKEN
TOKEN=$(plinth token mallory)
: > "$WORK/statuses"
half() { curl -sS -o /dev/null -w '%{http_code}\n' -H "authorization: Bearer $TOKEN" --data x "$1/files?name=spam-[1-200]" >> "$WORK/statuses-$2"; }
half "$URL_1" 1 & HALF=$!
half "$URL_2" 2
wait "$HALF"
cat "$WORK"/statuses-[12] > "$WORK/statuses"
TAKEN=$(grep -c 201 "$WORK/statuses" || true)
REFUSED=$(grep -c 429 "$WORK/statuses" || true)
expect "answers" 400 "$((TAKEN + REFUSED))"
# 300 a minute: five become free again every second.
[ "$TAKEN" -ge 300 ] && [ "$REFUSED" -gt 0 ] || fail "the limit of 300 a minute let $TAKEN of 400 pass"
say "$TAKEN taken, $REFUSED refused"
TOKEN=$TOKEN_BEFORE

step "Kill a server in the middle of an upload"
expect_status "a file just before" 201 --data-binary 'just before' "$URL_1/files?name=before.txt"
BEFORE=$(field id)
curl -sS -o /dev/null -H "authorization: Bearer $TOKEN" --limit-rate 40M -T "$WORK/large.bin" -X POST "$URL_1/files?name=half.bin" 2> /dev/null &
UPLOAD=$!
for _ in $(seq 100); do [ -n "$(find "$WORK/files/incoming" -type f -size +20M)" ] && break; sleep 0.05; done
[ -n "$(find "$WORK/files/incoming" -type f -size +20M)" ] || fail "the upload did not begin"
kill -KILL "$PID_1"
wait "$PID_1" 2> /dev/null || true
! wait "$UPLOAD" || fail "the broken upload ended well"
if [ "$ENGINE" != sqlite ]; then
  expect_status "the other process serves" 200 "$URL_2/files"
fi
start 1
[ "$ENGINE" = sqlite ] && URL_2=$URL_1
expect_status "the list" 200 "$URL_1/files?limit=100"
for id in "$PHOTO" "$LARGE" "$ONCE" "$BEFORE"; do grep -q "$id" "$WORK/body" || fail "$id was acknowledged and is gone"; done
! grep -q half.bin "$WORK/body" || fail "half a file is listed"
expect_status "the large file again" 200 "$URL_2/files/$LARGE/content"
expect "its bytes" "$LARGE_HASH" "$(sha "$WORK/body")"
expect_status "the photo again" 200 "$URL_1/files/$PHOTO/content"
expect "its bytes" "$(sha apps/parcel/demo/photo.jpg)" "$(sha "$WORK/body")"
STORED=$(find "$WORK/files" -type f -not -path '*/incoming/*' | wc -l)
expect "files on the disk" "$((TAKEN + 4))" "$STORED"
say "everything acknowledged is there, nothing is half-written"

step "Delete"
expect_status "the photo's record" 200 "$URL_1/files/$PHOTO"
expect_status "a delete" 204 -X DELETE -H "if-match: $(header etag)" "$URL_1/files/$PHOTO"
expect_status "what is gone" 404 "$URL_2/files/$PHOTO"
say "gone, whichever process is asked"

printf '\nAll well on %s.\n' "$ENGINE"
