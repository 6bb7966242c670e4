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
  mkdir -p files/put
  touch -d '2026-01-02 03:04:05 UTC' files/*
  # Servers give up root before they write.
  chmod 777 files/put
}

# What nginx notes of a request.
nginx_row='{"client_port":$remote_port,"protocol":"$server_protocol","method":"$request_method","target_as_sent":"$request_uri",'
nginx_row+='"status":$status,"host":"$http_host","user_agent":"$http_user_agent"}'

# start_nginx HTTP2 [SERVER [REQUESTS]]: HTTP2 is `http2` or empty; SERVER another server block; REQUESTS how many one connection may carry.
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
    keepalive_requests ${3:-100};
    root files;
    location = /orders { proxy_pass http://unix:$work/orders.sock:/; }
    location = /moved { return 301 /; }
    location = /empty { return 204; }
    location /put/ { client_max_body_size 64k; dav_methods PUT; root files; }
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
nginx_rows() {
  jq -c ".target_as_sent |= $hidden |"'.protocol |= {"HTTP/2.0": "h2", "HTTP/1.1": "http/1.1", "HTTP/1.0": "http/1.0"}[.] |
    (.host, .user_agent) |= if . == "" then null else . end' access.jsonl
}

# What curl says of its transfers with --write-out '%{json}\n'.
curl_rows() {
  jq -c 'if .exitcode != 0 then error(.errormsg) else . end |
         {client_port: .local_port, method, status: .response_code, target_as_sent: (.url | sub("^[a-z]+://[^/]*"; "") | '"$hidden"'),
          request_body_bytes: .size_upload, response_body_bytes: .size_download, content_type}' "$@"
}

# transfer URL [CURL OPTION...]: one transfer of a curl configuration; all of one file share a connection.
transfer() {
  local url=$1 option
  shift
  if [ -s "$name.curl" ]; then echo next >>"$name.curl"; fi
  for option in "$@" silent show-error 'write-out "%{json}\n"' 'output "/dev/null"' "url \"http://$http_address:$port$url\""; do
    echo "$option" >>"$name.curl"
  done
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
