# The tour of the host face: a server on files, the chat module, calls, a live query, a kill, the console.
# Sourced by ./run, with $orrery, $data, $shell, $browser, $port and say() set.
export ORRERY_CONFIG=$data/cli.toml NO_COLOR=1
server=""
stop_server() { if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; server=""; fi; }
trap stop_server EXIT

# Sets $server and $url. A port that is taken is not ours: the system gives another.
start_server() {
  local wanted
  for wanted in "$port" 0; do
    "$orrery" start --listen-addr "127.0.0.1:$wanted" --data-dir "$data/host" > "$data/server.log" 2>&1 &
    server=$!
    for _ in $(seq 600); do
      url=$(sed -n 's/^orrery: listening on /http:\/\//p' "$data/server.log")
      if [ -n "$url" ]; then
        port=${url##*:}
        "$orrery" server edit local --url "$url" --no-fingerprint > /dev/null
        "$orrery" server set-default local > /dev/null
        return 0
      fi
      kill -0 "$server" 2>/dev/null || break
      sleep 0.1
    done
    stop_server
  done
  cat "$data/server.log" >&2
  echo "run: the server did not start" >&2
  exit 1
}

say "A server on $data/host"
start_server
echo "$url (its log: $data/server.log)"
# Kept for every address: the port may be another one next time. What another server's data gave out is of no use.
token_of() { "$orrery" login show --token --json | sed -n 's/.*"token":"\([^"]*\)".*/\1/p'; }
if ! "$orrery" list > /dev/null 2>&1; then "$orrery" logout > /dev/null; fi
"$orrery" login > /dev/null
token=$(token_of)
"$orrery" login --token "$token" > /dev/null

say "The chat module: orrery init, orrery publish"
if [ ! -e "$data/chat/spacetime.json" ]; then
  rm -rf "$data/chat"
  "$orrery" init chat --template chat-cpp --project-path "$data/chat" > /dev/null
fi
cp -ru templates/chat-cpp/. "$data/chat/"
"$orrery" publish chat -p "$data/chat" --no-config -y
"$orrery" describe chat

say "A live query, and two calls that it sees"
"$orrery" subscribe chat "SELECT * FROM message" -n 2 -t 60 > "$data/live.txt" 2> "$data/live.log" &
live=$!
for _ in $(seq 300); do
  if grep -q Subscribed "$data/live.log" || ! kill -0 "$live" 2>/dev/null; then break; fi
  sleep 0.1
done
echo "\$ orrery subscribe chat 'SELECT * FROM message'"
echo "\$ orrery call chat set_name Ada"
"$orrery" call chat set_name Ada
for text in "hello from the command line" "the second message"; do
  echo "\$ orrery call chat send_message '$text'"
  "$orrery" call chat send_message "$text"
done
if ! wait "$live"; then cat "$data/live.log" >&2; echo "run: the live query did not see both messages" >&2; exit 1; fi
cat "$data/live.txt"

say "SQL on the tables of the module"
latest="SELECT id, sent, text FROM message ORDER BY id DESC LIMIT 5"
echo "\$ orrery sql chat '$latest'"
"$orrery" sql chat "$latest"

say "Durability: the server is killed and started again"
count() { "$orrery" sql chat --format csv "SELECT COUNT(*) AS n FROM message" | tail -n 1 | tr -d '\r'; }
before=$(count)
{ kill -9 "$server"; wait "$server"; } 2>/dev/null || true
start_server
after=$(count)
echo "messages before the kill: $before; after it: $after"
if [ "$before" != "$after" ] || [ "${before:-0}" -lt 2 ]; then
  echo "run: messages are missing" >&2
  exit 1
fi

say "The console"
page=$(curl -fsS --max-time 10 "$url/")
case $page in
  *"<html"*) ;;
  *) echo "run: the console is not there" >&2; exit 1 ;;
esac
console="$url/#/sign-in?token=$token"
echo "$url/"
if [ "$shell" = no ]; then
  say "Done. All of it works. To stay: ./run"
  exit 0
fi
echo
echo "As the owner of chat (keep it to yourself): $console"
echo "In another terminal:  export ORRERY_CONFIG=$ORRERY_CONFIG PATH=\"$(dirname "$orrery"):\$PATH\""
echo "                      orrery call chat send_message 'hello'      orrery logs chat -f"
if [ "$browser" = yes ] && [ -t 1 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v xdg-open > /dev/null; then
  xdg-open "$console" > /dev/null 2>&1 &
fi
say "The server runs until Ctrl-C"
trap 'say "Stopping"; stop_server; exit 0' INT TERM
wait "$server"
