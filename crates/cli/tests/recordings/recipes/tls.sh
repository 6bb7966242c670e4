# shellcheck shell=bash disable=SC2154,SC2016  # variables are those of scripts/record-peers; nginx and jq have theirs
# TLS 1.2 and 1.3: nginx and OpenSSL's s_server, curl and s_client.

tls_address=127.0.9.44

# An authority, a certificate for shop.example with names of each kind, and one for a customer. They are made anew each time and serve nobody.
certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 7300 \
    -subj '/C=XX/O=Wirereel Recordings/CN=Recording Authority' 2>/dev/null
  issue shop '/O=Shop Example/CN=shop.example' \
    'subjectAltName=DNS:shop.example,DNS:*.shop.example,DNS:xn--bcher-kva.example,IP:127.0.9.44,IP:2001:db8::44'
  issue customer '/O=Shop Example/CN=customer-7' 'subjectAltName=DNS:customer.example'
  cat shop.pem ca.pem >shop-chain.pem
}

# issue NAME SUBJECT EXTENSION
issue() {
  openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 3650 -out "$1.pem" \
    -extfile <(echo "$3") 2>/dev/null
}

# start_tls_nginx PROTOCOL CURVES
start_tls_nginx() {
  mkdir -p files
  echo 'Nothing is on sale.' >files/index.html
  cat >nginx.conf <<END
daemon off;
pid nginx.pid;
events { worker_connections 64; }
http {
  log_format row escape=json '{"sni":"\$ssl_server_name","alpn":"\$ssl_alpn_protocol","version":"\$ssl_protocol","cipher":"\$ssl_cipher"}';
  access_log access.jsonl row;
  client_body_temp_path body; proxy_temp_path proxied; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {
    listen $tls_address:443 ssl http2;
    root files;
    ssl_certificate shop-chain.pem;
    ssl_certificate_key shop.key;
    ssl_protocols $1;
    ssl_ecdh_curve $2;
    ssl_session_cache shared:sessions:1m;
  }
}
END
  start nginx.log nginx -p "$work" -e nginx.log -c nginx.conf
  soon listening "$tls_address" 443
}

# OpenSSL and nginx call suites by OpenSSL's names, Wirereel by IANA's.
tls_names() {
  jq -c --argjson iana "$(openssl ciphers -stdname ALL:@SECLEVEL=0 | jq -R -n -c '[inputs | [splits(" +")] | {(.[2]): .[0]}] | add')" \
    '.version |= (sub("^TLSv"; "TLS ")) | .cipher |= ($iana[.] // .)'
}

# What nginx noted with each request; there is one on each connection.
nginx_handshakes() {
  jq -c '.sni |= if . == "" then null else . end | .alpn |= if . == "" then null else . end' access.jsonl | tls_names
}

# The summary that s_client prints of the handshake.
s_client_handshake() {
  local sni=$1 summary=$2
  jq -n -c --arg sni "$sni" \
    --arg version "$(sed -n 's/^New, [^,]*, Cipher is .*/&/p; s/^ *Protocol *: *//p' "$summary" | tail -1)" \
    --arg cipher "$(sed -n 's/^New, [^,]*, Cipher is //p; s/^Reused, [^,]*, Cipher is //p' "$summary" | tail -1)" \
    '{sni: (if $sni == "" then null else $sni end), version: $version, cipher: $cipher}' | sed 's/"New, \(TLSv1.[23]\)[^"]*"/"\1"/' | tls_names
}

# What OpenSSL reads in the certificate that a client was shown.
certificate_row() {
  openssl x509 -in "$1" -noout -subject -issuer -dates -ext subjectAltName -nameopt RFC2253 -dateopt iso_8601 | jq -R -s -c '
    (capture("subject=(?<subject>[^\n]*)\nissuer=(?<issuer>[^\n]*)\nnotBefore=(?<before>[^\n]*)\nnotAfter=(?<after>[^\n]*)\n")) as $c |
    {certificate_subject: $c.subject, certificate_issuer: $c.issuer,
     "strftime(certificate_not_before, '"'%Y-%m-%d %H:%M:%SZ'"')": $c.before, "strftime(certificate_not_after, '"'%Y-%m-%d %H:%M:%SZ'"')": $c.after,
     certificate_names: ([match("(DNS|IP Address):([^,\n]+)"; "g") | .captures[1].string])}'
}

# JA4 of each connection's first ClientHello, put together from the fields that tshark reads (https://github.com/FoxIO-LLC/ja4, JA4.md).
ja4_rows() {
  tshark -r "$1" -Y 'tls.handshake.type == 1' -T fields -E separator='|' -E aggregator=, -E occurrence=a -e tcp.stream -e tls.handshake.version \
    -e tls.handshake.extensions.supported_version -e tls.handshake.ciphersuite -e tls.handshake.extension.type \
    -e tls.handshake.sig_hash_alg -e tls.handshake.extensions_alpn_str -e tls.handshake.extensions_server_name 2>/dev/null |
    sort -s -n -u -t '|' -k1,1 | while IFS='|' read -r _ version versions ciphers extensions algorithms alpn sni; do
      ja4_row "$version" "$versions" "$ciphers" "$extensions" "$algorithms" "$alpn" "$sni"
    done
}

ja4_row() {
  local version=${2:-$1} ciphers extensions algorithms alpn=${6%%,*} sni=$7 a
  case $version in *0x0304*) version=13 ;; *0x0303*) version=12 ;; *) version=00 ;; esac
  ciphers=$(tr , '\n' <<<"$3" | sed 's/^0x//' | sort)
  extensions=$(tr , '\n' <<<"$4" | while read -r n; do printf '%04x\n' "$n"; done | sort)
  algorithms=${5//0x/}
  alpn=${alpn:-00}
  a=$(printf 't%s%s%02d%02d%s%s' "$version" "$(if [ -n "$sni" ]; then echo d; else echo i; fi)" \
    "$(wc -l <<<"$ciphers")" "$(wc -l <<<"$extensions")" "${alpn:0:1}" "${alpn: -1}")
  jq -n -c --arg sni "$sni" --arg alpn "$6" --arg ja4 "${a}_$(hash12 "$(paste -sd, <<<"$ciphers")")_$(hash12 \
    "$(grep -vE '^(0000|0010)$' <<<"$extensions" | paste -sd,)_$algorithms")" \
    '{sni: (if $sni == "" then null else $sni end), alpn: (if $alpn == "" then null else $alpn end), ja4: $ja4}'
}

hash12() { printf %s "$1" | sha256sum | cut -c1-12; }

# s_client OUTPUT OPTION...: one connection that asks for the page and ends. Its end is the server's, which s_client may call a failure.
s_client() {
  local output=$1
  shift
  printf 'GET / HTTP/1.0\r\n\r\n' >request
  client openssl s_client -CAfile ca.pem -ign_eof "$@" <request >"$output" 2>&1 || true
}

record_tls12() {
  certificates
  start_tls_nginx TLSv1.2 prime256v1
  # The second server sends its certificate in records of 512 bytes and wants one of the client.
  start s_server.log openssl s_server -accept "$tls_address:8443" -cert shop.pem -key shop.key -CAfile ca.pem -Verify 1 -tls1_2 \
    -max_send_frag 512 -www
  soon listening "$tls_address" 8443
  record "host $tls_address and tcp"
  client curl -s -o /dev/null -w '%{json}\n' --cacert ca.pem --resolve "shop.example:443:$tls_address" https://shop.example/ >curl.jsonl
  s_client first -connect "$tls_address:443" -servername www.shop.example -alpn http/1.1 -sess_out session \
    -cipher ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256
  # Resumed: no certificate is sent.
  s_client resumed -connect "$tls_address:443" -servername www.shop.example -alpn http/1.1 -sess_in session
  s_client unnamed -connect "$tls_address:443" -noservername
  s_client mutual -connect "$tls_address:8443" -servername pay.shop.example -cert customer.pem -key customer.key
  recorded
  nginx_handshakes | witness nginx tls_handshakes "sni IS DISTINCT FROM 'pay.shop.example'"
  {
    s_client_handshake www.shop.example first
    s_client_handshake www.shop.example resumed
    s_client_handshake '' unnamed
    s_client_handshake pay.shop.example mutual
  } | witness s_client tls_handshakes "sni IS DISTINCT FROM 'shop.example'"
  { for _ in 1 2 3 4; do certificate_row shop.pem; done } | witness "openssl x509" tls_handshakes "certificate_subject IS NOT NULL"
  ja4_rows "$name.pcapng" | jq -c 'del(.alpn)' | witness "tshark's fields" tls_handshakes
  made_by "$(version nginx)" "$(version openssl)" "$(version curl)" "$(version tshark)"
}

record_tls13() {
  certificates
  # curl and s_client send a key share for X25519 first: nginx, which wants P-384, answers with HelloRetryRequest.
  start_tls_nginx TLSv1.3 secp384r1
  start s_server.log openssl s_server -accept "$tls_address:8443" -cert shop.pem -key shop.key -tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256 -www
  soon listening "$tls_address" 8443
  record "host $tls_address and tcp"
  client curl -s -o /dev/null -w '%{json}\n' --cacert ca.pem --resolve "shop.example:443:$tls_address" https://shop.example/ >curl.jsonl
  s_client same-group -connect "$tls_address:443" -servername www.shop.example -groups P-384 -alpn http/1.1
  s_client other-server -connect "$tls_address:8443" -servername pay.shop.example
  # Refused: a server of TLS 1.3 alone has nothing for a client of TLS 1.2.
  s_client refused -connect "$tls_address:8443" -servername old.shop.example -tls1_2
  recorded
  grep -q 'alert protocol version' refused || die "$name: TLS 1.2 was not refused"
  # Which protocol above TLS nginx chose is encrypted: a row has what the client offered.
  nginx_handshakes | jq -c 'del(.alpn)' | witness nginx tls_handshakes "sni IN ('shop.example', 'www.shop.example')"
  {
    s_client_handshake www.shop.example same-group
    s_client_handshake pay.shop.example other-server
    echo '{"sni":"old.shop.example","version":null,"cipher":null}'
  } | witness s_client tls_handshakes "sni <> 'shop.example'"
  ja4_rows "$name.pcapng" | witness "tshark's fields" tls_handshakes
  made_by "$(version nginx)" "$(version openssl)" "$(version curl)" "$(version tshark)"
}
