# shellcheck shell=bash disable=SC2154  # variables are those of scripts/record-peers and http.sh
# HTTP/2 over clear text, begun in each of the two ways.

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
  # shellcheck disable=SC2034  # for `transfer`
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
  client editcap whole.pcapng "$name.pcapng" "1-$((cut - 1))" 2>editcap.log
  # Which stream had which answer is in the whole recording: the connection of nghttpx is the third, and stream 9 its fifth request. What is in no
  # table any more, such as the host, nobody can know; lengths of bodies can be.
  jq -c '.witnesses[] | select(.who == "curl") | .rows[6:] | to_entries[] |
      {stream_id: (9 + 2 * .key), response_body_bytes: .value.response_body_bytes}' "$whole.truth.json" | witness curl http_exchanges
  made_by "$(version nginx)" "$(version curl)" "$(version package wireshark-common)"
}

# nghttp_rows LOG...: of lines such as
#   13   +1.04ms   +120us  919us  200   57 /
# with an asterisk where the stream was pushed. Sizes are rounded, so they are left out.
nghttp_rows() {
  awk 'NF > 5 && $(NF - 2) ~ /^[0-9]+$/ && $NF ~ /^\// { print $1 "\t" $(NF - 2) "\t" $NF }' "$@" |
    jq -R -c 'split("\t") | {stream_id: (.[0] | tonumber), status: (.[1] | tonumber), target_as_sent: .[2]}'
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
$(for module in mpm_event authz_core mime dir http2; do echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"; done)
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
  local plain="http://$http_address:8080" target
  record "host $http_address and tcp port 8080"
  for target in /index.html /missing; do
    client curl --http2 -s -o /dev/null -w '%{json}\n' "$plain$target" >>curl.jsonl
  done
  # Several requests on the connection, the first of which is the upgrade.
  client nghttp -n -s --no-dep --upgrade "$plain/index.html?first" "$plain/stock.json" "$plain/long.txt" >nghttp.log
  recorded
  # Apache notes an upgrade twice: as the request that was switched, and as stream 1. It says GOAWAY before it answers nghttp's other requests,
  # which neither end notes.
  jq -c 'select(.status != 101)' access.jsonl | witness Apache http_exchanges "status <> 101"
  curl_rows curl.jsonl | witness curl http_exchanges "status IS DISTINCT FROM 101 AND user_agent LIKE 'curl/%'"
  nghttp_rows nghttp.log | witness nghttp http_exchanges "status <> 101 AND user_agent LIKE 'nghttp%'"
  jq -n -c 'range(3) | {upgraded_to: "h2c"}' | witness curl flows
  made_by "$(version package apache2-bin)" "$(version curl)" "$(version package nghttp2-client)"
}

# h2load keeps eight streams open at once; nginx takes twelve requests from a connection and says GOAWAY. Two more connections end badly, and curl
# says so: it wants no more than 100 bytes and closes when it sees how many come, and it is answered 413 and RST_STREAM while it still sends.
record_h2_many_streams() {
  start_nginx http2 '' 12
  local plain="http://$http_address:8080"
  record "host $http_address and tcp port 8080"
  client h2load -n 24 -c 2 -m 8 "$plain/" "$plain/moved" "$plain/missing" "$plain/empty" >h2load.log
  client curl --http2-prior-knowledge -s -o /dev/null --max-filesize 100 "$plain/long.txt" || true
  client curl --http2-prior-knowledge -s -o /dev/null --data @files/long.txt "$plain/small" || true
  recorded
  grep -q '24 succeeded\|requests: 24 total' h2load.log || die "$name: h2load did not do its 24 requests"
  nginx_rows | witness nginx http_exchanges
  made_by "$(version nginx)" "$(version curl)" "$(version package nghttp2-client)"
}

# nghttpd pushes two files along with the first; nghttp pads its frames, needs CONTINUATION for its header, and ends a body with trailers.
record_h2_rare_frames() {
  files
  local plain="http://$http_address:8080"
  start nghttpd.log nghttpd --no-tls --address="$http_address" --htdocs=files --push=/=/stock.json,/missing --trailer='checked: yes' --padding=32 8080
  soon listening "$http_address" 8080
  record "host $http_address and tcp port 8080"
  client nghttp -n -s --padding=64 "$plain/" "$plain/long.txt" >pushed.log
  client nghttp -n -s --continuation "$plain/stock.json?continued" >continued.log
  client nghttp -n -s --no-dep --data=files/stock.json --trailer='sum: 42' "$plain/index.html?posted" >posted.log
  recorded
  nghttp_rows pushed.log continued.log posted.log | witness nghttp http_exchanges
  made_by "$(version package nghttp2-server)" "$(version package nghttp2-client)"
}
