# The tour of the embed face: this machine's package index in a database file, queries, a kill, the shell.
# Sourced by ./run --embed-tour, with $orrery, $data, $rebuild, $shell and say() set.
dsn=file://$data/packages
if [ "$rebuild" = yes ]; then rm -rf "$data/packages"; fi
if [ ! -e "$data/complete" ] || [ "$rebuild" = yes ]; then
  rm -rf "$data/packages" "$data/complete"
  say "Reading the package index of this machine"
  apt-cache dumpavail > "$data/available.txt"
  if [ ! -s "$data/available.txt" ]; then
    echo "run: the package index is empty; run 'apt-get update' as root, then ./run again" >&2
    exit 1
  fi
  awk -v packages_csv="$data/packages.csv" -v dependencies_csv="$data/dependencies.csv" -f demo/packages.awk "$data/available.txt"
  say "Importing it into $dsn"
  "$orrery" shell "$dsn" -f demo/schema.sql
  "$orrery" shell "$dsn" -e ".import $data/packages.csv packages" -e ".import $data/dependencies.csv dependencies"
  touch "$data/complete"
fi

say "A tour of queries (demo/tour.sql)"
"$orrery" shell "$dsn" --echo -f demo/tour.sql

say "Durability: a process that writes with sync_mode=full is killed, and the database opened again"
full="$dsn?sync_mode=full"
"$orrery" shell "$full" -e "CREATE TABLE IF NOT EXISTS heartbeat (id INTEGER PRIMARY KEY AUTO_INCREMENT, at TIMESTAMP)"
(
  # Ends with the pipe, even where the caller ignores SIGPIPE.
  while echo "INSERT INTO heartbeat (at) VALUES (NOW()) RETURNING id;"; do :; done 2>/dev/null
) | "$orrery" shell "$full" --format csv --no-header > "$data/acknowledged.txt" 2> "$data/writer.log" &
writer=$!  # the shell at the pipe's end
for _ in $(seq 300); do
  sleep 0.1
  if [ "$(wc -l < "$data/acknowledged.txt")" -ge 100 ] || ! kill -0 "$writer" 2>/dev/null; then break; fi
done
kill -9 "$writer" 2>/dev/null || { cat "$data/writer.log" >&2; echo "run: the writing process ended by itself" >&2; exit 1; }
wait "$writer" 2>/dev/null || true
# The last line may have been cut off.
acknowledged=$(sed -n '/^[0-9][0-9]*$/h; ${ x; p; }' "$data/acknowledged.txt")
kept=$("$orrery" shell "$full" --format csv --no-header -e "SELECT MAX(id) FROM heartbeat")
echo "last acknowledged insert before the kill: ${acknowledged:-none}; last one found after it: $kept"
if [ -z "$acknowledged" ] || [ "${kept:-0}" -lt "$acknowledged" ]; then
  echo "run: nothing was acknowledged, or an acknowledged commit is missing" >&2
  exit 1
fi

if [ "$shell" = yes ] && [ -t 0 ]; then
  say "The shell on $dsn (.help for help, Ctrl-D to leave)"
  exec "$orrery" shell "$dsn"
fi
say "Done. Open the shell with: $orrery shell $dsn"
