# shellcheck shell=bash disable=SC2154  # variables are those of scripts/record-peers
# DNS over TCP and UDP: dig and dnsperf ask dnsmasq. mDNS: zeroconf asks zeroconf.

dns_address=127.0.9.53

# start_dns PORT
start_dns() {
  {
    printf '%s\n' no-resolv no-hosts no-daemon "port=$1" "listen-address=$dns_address" bind-interfaces user=root pid-file= log-facility=- \
      local=/shop.example/ host-record=shop.example,10.9.0.1,2001:db8::1 host-record=cart.shop.example,10.9.0.2 \
      cname=www.shop.example,web.shop.example cname=web.shop.example,shop.example \
      srv-host=_http._tcp.shop.example,cart.shop.example,8080,10,5 mx-host=shop.example,cart.shop.example,10 \
      'txt-record=shop.example,v=spf1 -all,second string' ptr-record=2.0.9.10.in-addr.arpa,cart.shop.example
    # More than a UDP answer of 512 bytes holds.
    local n
    for n in $(seq 40); do echo "host-record=pool.shop.example,10.9.1.$n"; done
  } >"dns-$1.conf"
  start "dnsmasq-$1.log" dnsmasq --conf-file="dns-$1.conf"
  soon listening "$dns_address" "$1"
}

# ask OPTION...: what dig prints goes to the file `answers`.
ask() {
  client dig +nocookie +noall +comments +question +answer "@$dns_address" "$@" >>answers
}

# dig_rows CARRIER: a row per answer that dig printed. Of an SRV or MX record the name is kept, of a TXT record its strings.
dig_rows() {
  awk -v OFS='\t' '
    function row() { if (name != "") print name, type, rcode, answers; name = answers = "" }
    /->>HEADER<<-/ { row(); rcode = $6; sub(",", "", rcode); section = "" }
    / SECTION:$/ { section = $2; next }
    section == "QUESTION" && /^;[^;]/ { name = tolower(substr($1, 2)); sub("[.]$", "", name); type = $3; section = "" }
    section == "ANSWER" && !/^;/ && NF > 4 {
      value = $4 == "TXT" ? substr($0, index($0, "\"")) : $NF
      gsub("\"", "", value); if ($4 != "TXT") sub("[.]$", "", value)
      answers = answers (answers == "" ? "" : "|") value
    }
    END { row() }' answers |
    jq -R -c --arg carrier "$1" 'split("\t") | {carrier: $carrier, name: .[0], type: .[1], rcode: .[2], answers: (.[3] | split("|"))}'
}

record_dns_tcp() {
  start_dns 53
  start_dns 5300
  record "host $dns_address"
  ask +tcp +keepopen shop.example A shop.example AAAA www.shop.example A nothing.shop.example A cart.shop.example AAAA \
    _http._tcp.shop.example SRV shop.example TXT shop.example MX 2.0.9.10.in-addr.arpa PTR
  ask +tcp pool.shop.example A
  # A port that no table knows.
  ask -p 5300 +tcp +keepopen WWW.Shop.Example AAAA cart.shop.example A
  # Truncated over UDP, asked again over TCP.
  client dig +nocookie +noedns +noall +comments +question +answer "@$dns_address" pool.shop.example A >retried
  recorded
  grep -q 'Truncated, retrying in TCP mode' retried || die "$name: dig did not turn to TCP"
  cat retried >>answers
  dig_rows tcp | witness dig dns_queries "carrier = 'tcp'"
  echo '{"carrier":"udp","name":"pool.shop.example","type":"A","rcode":"NOERROR"}' | witness dig dns_queries "carrier = 'udp'"
  made_by "$(version package dnsmasq-base)" "$(version package bind9-dnsutils)"
}

record_dns_tcp_pipelined() {
  start_dns 53
  local n
  for n in $(seq 12); do printf '%s\n' 'shop.example A' 'shop.example AAAA' "missing-$n.shop.example A"; done >questions
  record "host $dns_address"
  # The server sleeps while the client asks all that it may without an answer.
  kill -STOP "${servers[0]}"
  { sleep 1.5; kill -CONT "${servers[0]}"; } &
  client dnsperf -s "$dns_address" -m tcp -d questions -n 1 -c 1 -T 1 -q 12 -t 3 -v >dnsperf.log
  recorded
  tshark -r "$name.pcapng" -Y dns -T fields -e tcp.dstport 2>/dev/null | head -12 | grep -cx 53 | grep -qx 12 || die "$name: the server was too fast"
  # Lines such as: > NOERROR shop.example A 0.000123
  awk '$1 == ">" { print $2 "\t" $3 "\t" $4 }' dnsperf.log | jq -R -c 'split("\t") | {carrier: "tcp", rcode: .[0], name: .[1], type: .[2]}' |
    witness dnsperf dns_queries
  made_by "$(version package dnsmasq-base)" "$(version package dnsperf)"
}

record_dns_udp_edns() {
  start_dns 53
  record "host $dns_address and udp"
  ask +bufsize=1232 +dnssec pool.shop.example A
  ask +subnet=203.0.113.0/24 +nsid www.shop.example A
  ask +nocookie +padding=128 shop.example AAAA
  ask +cookie=0123456789abcdef nothing.shop.example TXT
  ask +noedns cart.shop.example A
  # A version of EDNS that there is not yet; dnsmasq answers all the same.
  ask +edns=1 +noednsnegotiation cart.shop.example A
  recorded
  dig_rows udp | witness dig dns_queries
  made_by "$(version package dnsmasq-base)" "$(version package bind9-dnsutils)"
}

# Two machines on a cable: two network namespaces, which end with the processes in them. Loopback knows no multicast.
record_mdns() {
  cp "$recordings/peers/mdns.py" .
  local at_shop at_customer python=/usr/bin/python3
  start shop.log unshare --net sleep 60
  at_shop=(nsenter "--net=/proc/$!/ns/net")
  start customer.log unshare --net sleep 60
  at_customer=(nsenter "--net=/proc/$!/ns/net")
  soon another_network "${servers[@]}"
  "${at_shop[@]}" ip link add cable type veth peer name cable "netns" "${servers[1]}"
  "${at_shop[@]}" ip addr add 10.9.9.1/24 dev cable
  "${at_customer[@]}" ip addr add 10.9.9.2/24 dev cable
  local inside
  for inside in "${at_shop[*]}" "${at_customer[*]}"; do
    $inside sh -c 'echo 1 >/proc/sys/net/ipv6/conf/cable/disable_ipv6'
    $inside ip link set cable up
    $inside ip route add 224.0.0.0/4 dev cable
  done
  record 'udp port 5353' cable "${at_shop[@]}"
  start announced "${at_shop[@]}" $python mdns.py announce 10.9.9.1
  soon grep -q announced announced
  # Announced three times, then asked for.
  sleep 1
  client "${at_customer[@]}" $python mdns.py ask 10.9.9.2 >asked.jsonl
  recorded
  sed -i 's,^nsenter [^ ]* ,,' commands
  jq -c '.carrier = "mdns"' asked.jsonl | witness zeroconf dns_queries "type = 'SRV' AND client_ip = '10.9.9.2'"
  made_by "$(version package python3-zeroconf)"
}

# another_network PID...: each is in a network namespace that is not this one.
another_network() {
  local pid
  for pid in "$@"; do
    if [ "$(readlink "/proc/$pid/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then return 1; fi
  done
}
