# shellcheck shell=bash disable=SC2154,SC2016  # variables are those of scripts/record-peers; nginx and jq have theirs
# HTTP/1.1, HTTP/2 and what HTTP hands a connection to.

http_address=127.0.9.80
# Where `transfer` goes to.
port=8080

# The files that web servers give out.
files() {
  mkdir -p files
  printf '<!doctype html><title>Shop</title><p>Nothing is on sale.\n' >files/index.html
  seq -f 'line %04g of a page that takes several DATA frames' 1 350 >files/long.txt
  jq -n '[range(60) | {sku: "tea-\(.)", left: (. * 7 % 40)}]' >files/stock.json
  touch -d '2026-01-02 03:04:05 UTC' files/*
}

# What nginx notes of a request.
nginx_row='{"client_port":$remote_port,"protocol":"$server_protocol","method":"$request_method","target_as_sent":"$request_uri","status":$status,"host":"$http_host","user_agent":"$http_user_agent"}'

# start_nginx HTTP2 [SERVER...]: HTTP2 is `http2` or empty; SERVER are further server blocks.
start_nginx() {
  files
  cat >nginx.conf <<END
daemon off;
pid nginx.pid;
events { worker_connections 64; }
http {
  log_format row escape=json '$nginx_row';
  access_log access.jsonl row;
  types { text/html html; text/plain txt; application/json json; }
  client_body_temp_path body; proxy_temp_path proxied; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  gzip on; gzip_min_length 200; gzip_types application/json;
  server {
    listen $http_address:8080 ${1:-};
    root files;
    location = /orders { proxy_pass http://unix:$work/orders.sock:/; }
    location = /moved { return 301 /; }
    location = /empty { return 204; }
    location /chunked/ { chunked_transfer_encoding on; gzip_min_length 1; gzip_types text/plain; alias files/; }
    location /put/ { client_max_body_size 64k; dav_methods PUT; root files; create_full_put_path on; }
    location = /small { client_max_body_size 1k; proxy_pass http://unix:$work/orders.sock:/; }
  }
  server {
    access_log off;
    listen unix:$work/orders.sock;
    location / { return 201 '{"order":1}\n'; }
  }
  ${2:-}
}
END
  start nginx.log nginx -p "$work" -e nginx.log -c nginx.conf
  soon listening "$http_address" 8080
}

# Rows keep no secrets, so what the peers noted has to lose them as well.
hidden='sub("token=[^&]*"; "token=<hidden>")'

# The names that Wirereel has for protocols.
nginx_rows() { jq -c ".target_as_sent |= $hidden |"'.protocol |= {"HTTP/2.0": "h2", "HTTP/1.1": "http/1.1", "HTTP/1.0": "http/1.0"}[.] | (.host, .user_agent) |= if . == "" then null else . end' access.jsonl; }

# What curl says of its transfers with --write-out '%{json}\n'.
curl_rows() {
  jq -c '{client_port: .local_port, method, status: .response_code, target_as_sent: (.url | sub("^[a-z]+://[^/]*"; "") | '"$hidden"'),
          request_body_bytes: .size_upload, response_body_bytes: .size_download, content_type}' "$@"
}

# What tshark sees of HTTP/2: each stream with the type and flags of its frames.
h2_streams() {
  tshark -r "$1" -d tcp.port==8080,http2 -Y 'http2.headers.method' -T fields -E occurrence=a -E aggregator=' ' \
    -e tcp.srcport -e http2.streamid -e http2.headers.method -e http2.headers.path
}

# transfer URL [CURL OPTION...]: one transfer of a curl configuration; all of one file share a connection.
transfer() {
  local url=$1 option
  shift
  if [ -s "$name.curl" ]; then echo next >>"$name.curl"; fi
  for option in "$@" silent show-error 'write-out "%{json}\n"' 'output "/dev/null"' "url \"http://$http_address:$port$url\""; do echo "$option" >>"$name.curl"; done
}

# run_transfers: the configuration is noted as well, since a command that only names it says little.
run_transfers() {
  client curl --config "$name.curl" >curl.jsonl
  sed 's/^/# /' "$name.curl" >>commands
}

headers() {
  local n
  for n in $(seq 12); do echo "header \"x-shop-$n: $1 of header $n\""; done
}

# The curl of Debian 12 (7.88.1) cannot send a second request on a connection that it opened with prior knowledge: two requests of it have a
# connection each. The others go through nghttpx, which turns curl's HTTP/1.1 into HTTP/2 and sends all of them to nginx on one connection.
record_h2_prior_knowledge() {
  start_nginx http2
  start nghttpx.log nghttpx --conf=/dev/null --workers=1 "--frontend=$http_address,8000;no-tls" "--backend=$http_address,8080;;proto=h2" --no-via
  soon listening "$http_address" 8000
  local many other proxied=${#servers[@]}
  mapfile -t many < <(headers value)
  mapfile -t other < <(headers 'another value')
  # nghttpx opens its connection with the first request; before that, curl is alone.
  record "host $http_address and tcp port 8080"
  client curl --http2-prior-knowledge -s -o /dev/null -w '%{json}\n' "http://$http_address:8080/" >direct.jsonl
  client curl --http2-prior-knowledge -s -o /dev/null -w '%{json}\n' --data @files/long.txt "http://$http_address:8080/orders" >>direct.jsonl
  port=8000
  transfer /
  transfer / head
  transfer /stock.json compressed
  transfer /missing
  transfer /orders 'data "sku=tea-1&count=3"' 'header "authorization: Bearer not-for-any-database"' 'cookie "session=not-for-any-database"'
  transfer '/stock.json?page=1&token=not-for-any-database' "${many[@]}"
  transfer '/stock.json?page=2' compressed "${many[@]}"
  transfer '/?q=%C3%A4' "${other[@]}" 'header "x-forwarded-for: 203.0.113.7"'
  transfer /long.txt
  transfer /empty "${many[@]}"
  transfer /moved "${other[@]}"
  run_transfers
  kill "${servers[proxied - 1]}"
  recorded
  nginx_rows | witness nginx http_exchanges
  cat direct.jsonl curl.jsonl | curl_rows | jq -c 'del(.client_port) | .protocol = "h2"' | witness curl http_exchanges
  made_by "$(version nginx)" "$(version curl)" "$(version package nghttp2-proxy)"
}

# Without the packets up to the one that carries stream 9: no preface, no settings, and a header table whose beginning nobody saw.
record_h2_midstream() {
  local whole=$recordings/h2-prior-knowledge cut
  cp "$whole.pcapng" whole.pcapng
  cut=$(tshark -r whole.pcapng -d tcp.port==8080,http2 -Y 'http2.type == 1 && http2.streamid == 9 && tcp.dstport == 8080' -T fields -e frame.number)
  client editcap whole.pcapng "$name.pcapng" "1-$((cut - 1))"
  # The connection of nghttpx is the third; statuses that the static table holds are known without the beginning; which stream had which answer is in the whole recording.
  jq -c '.witnesses[] | select(.who == "curl") | .rows[6:] | to_entries[] | {stream_id: (9 + 2 * .key), response_body_bytes: .value.response_body_bytes}' \
    "$whole.truth.json" | witness curl http_exchanges
  made_by "$(version nginx)" "$(version curl)" "$(version package wireshark-common)"
}

# nginx does not know the upgrade of RFC 7540 §3.2, Apache does.
record_h2c_upgrade() {
  files
  cat >apache.conf <<END
ServerRoot $work
ServerName shop.example
PidFile apache.pid
User www-data
Group www-data
Listen $http_address:8080
$(for module in mpm_event authz_core log_config mime unixd dir http2; do echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"; done)
ErrorLog error.log
TypesConfig /dev/null
AddType text/html html
AddType text/plain txt
AddType application/json json
DocumentRoot $work/files
DirectoryIndex index.html
Protocols h2c http/1.1
H2Upgrade on
LogFormat '{"client_port":%{remote}p,"method":"%m","target_as_sent":"%U%q","status":%>s}' row
CustomLog access.jsonl row
<Directory $work/files>
  Require all granted
</Directory>
END
  start apache.log apache2 -d "$work" -f apache.conf -DFOREGROUND
  soon listening "$http_address" 8080
  local target
  port=8080
  for target in /index.html /stock.json /missing /long.txt; do transfer "$target" http2; done
  record "host $http_address and tcp port 8080"
  run_transfers
  recorded
  witness Apache http_exchanges "status <> 101" <access.jsonl
  curl_rows curl.jsonl | witness curl http_exchanges "status <> 101"
  echo '{"upgraded_to":"h2c"}' | witness curl flows
  made_by "$(version package apache2-bin)" "$(version curl)"
}
