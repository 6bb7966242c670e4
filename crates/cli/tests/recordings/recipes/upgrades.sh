# shellcheck shell=bash disable=SC2154  # variables are those of scripts/record-peers and http.sh
# What HTTP hands a connection to: WebSocket, and odd corners of HTTP/1.1 with a proxy among them.

# Debian's interpreter, since Debian's library is wanted.
python=/usr/bin/python3

record_websocket() {
  cp "$recordings/peers/websocket.py" .
  start server.jsonl $python websocket.py serve "$http_address" 8080
  soon listening "$http_address" 8080
  record "host $http_address and tcp port 8080"
  client $python websocket.py call "$http_address" 8080 >client.jsonl
  # Refused with 426: a request that does not ask for an upgrade.
  client curl -s -o /dev/null -w '%{json}\n' "http://$http_address:8080/prices" >curl.jsonl
  recorded
  stop_servers
  grep '^{' client.jsonl | witness "websockets client" flows 'upgraded_to IS NOT NULL'
  grep '^{' server.jsonl | witness "websockets server" flows 'upgraded_to IS NOT NULL'
  curl_rows curl.jsonl | jq -c 'del(.content_type)' | witness curl http_exchanges "protocol <> 'websocket'"
  echo '{"method":"GET","target_as_sent":"/prices?token=<hidden>","status":101,"protocol":"websocket"}' |
    witness "websockets client" http_exchanges "protocol = 'websocket'"
  made_by "$(version package python3-websockets)" "$(version curl)"
}

# talk NAME: sends stdin to nginx as it is. The last request of it closes the connection.
talk() {
  cat >"$1"
  printf '# nc %s 8080 with:\n' "$http_address" >>commands
  sed 's/^/#   /; s/\r$//' "$1" >>commands
  timeout 10 nc "$http_address" 8080 <"$1" >"$1.answer"
}

lines() { printf '%s\r\n' "$@"; }

record_http1_odd() {
  certificates
  start_nginx '' "server { listen $http_address:8443 ssl; root files; access_log off; ssl_certificate shop.pem; ssl_certificate_key shop.key; }"
  printf '%s\n' 'Port 8888' "Listen $http_address" 'Timeout 10' 'MaxClients 8' \
    'LogLevel Critical' 'DisableViaHeader Yes' 'ConnectPort 8443' >tinyproxy.conf
  start tinyproxy.log tinyproxy -d -c tinyproxy.conf
  soon listening "$http_address" 8888
  seq 100 >upload.txt
  local plain="http://$http_address:8080" notes=(-s -o /dev/null -w '%{json}\n')
  record "host $http_address and tcp"

  {
    client curl "${notes[@]}" -H 'Expect: 100-continue' --expect100-timeout 5 -T upload.txt "$plain/put/expected.txt"
    client curl "${notes[@]}" -H 'Transfer-Encoding: chunked' -H 'Expect:' -T upload.txt "$plain/put/chunked.txt"
    client curl "${notes[@]}" --http1.0 "$plain/"
    client curl "${notes[@]}" --head "$plain/long.txt"
    client curl "${notes[@]}" -H 'If-Modified-Since: Fri, 02 Jan 2026 03:04:05 GMT' "$plain/"
    client curl "${notes[@]}" --range 100-199 "$plain/long.txt"
    client curl "${notes[@]}" --range 1000000- "$plain/long.txt"
    client curl "${notes[@]}" -H 'Accept-Encoding: gzip' "$plain/stock.json"
    client curl "${notes[@]}" -H 'Expect: 100-continue' -T files/long.txt "$plain/small"
    # Two requests on one connection.
    client curl "${notes[@]}" "$plain/missing" -o /dev/null "$plain/empty"
    client curl "${notes[@]}" -I "$plain/stock.json" --next "${notes[@]}" "$plain/moved"
  } >curl.jsonl
  # Through the proxy: plain HTTP, and a tunnel with TLS inside; the proxy's own connections are captured as well.
  client curl "${notes[@]}" --proxy "http://customer:not-for-any-database@$http_address:8888" "$plain/?via=proxy" >proxied.jsonl
  client curl -s -o /dev/null --proxy "http://$http_address:8888" --cacert ca.pem \
    --connect-to "shop.example:8443:$http_address:8443" https://shop.example:8443/

  # Pipelined: four requests in one segment.
  lines 'GET / HTTP/1.1' 'Host: shop.example' '' 'HEAD /long.txt HTTP/1.1' 'Host: shop.example' '' 'GET /missing HTTP/1.1' 'Host: shop.example' '' \
    'GET /stock.json HTTP/1.1' 'Host: shop.example' 'Connection: close' '' | talk pipelined
  lines 'GET / HTTP/1.0' '' | talk without-host
  lines 'POST /orders HTTP/1.1' 'Host: shop.example' 'Transfer-Encoding: chunked' 'Connection: close' '' '4;note="an extension"' \
    'sku=' '5' 'tea-1' '0' 'Checked: yes' '' | talk trailers
  lines 'BREW / HTTP/1.1' 'Host: shop.example' 'Connection: close' '' | talk unknown-method
  printf 'GET /?bare=lf HTTP/1.1\nHost: shop.example\nConnection: close\n\n' | talk bare-line-ends
  recorded

  nginx_rows | witness nginx http_exchanges "server_port = 8080"
  # curl counts the framing of chunks as well.
  curl_rows curl.jsonl | jq -c --argjson body "$(stat -c %s upload.txt)" \
    'if .target_as_sent == "/put/chunked.txt" then .request_body_bytes = $body else . end' |
    witness curl http_exchanges "server_port = 8080 AND user_agent LIKE 'curl/%' AND target <> '/?via=proxy'"
  echo '{"method":"CONNECT","target_as_sent":"'"$http_address"':8443","status":200}' | witness curl http_exchanges "method = 'CONNECT'"
  echo '{"upgraded_to":"tunnel","server_port":8888}' | witness curl flows "upgraded_to IS NOT NULL"
  made_by "$(version nginx)" "$(version curl)" "$(version package tinyproxy-bin)" "$(version package netcat-openbsd)" "$(version openssl)"
}
