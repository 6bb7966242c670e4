# shellcheck shell=bash disable=SC2154  # variables are those of scripts/record-peers
# gRPC: a tonic client calls a tonic server; both note each call (peers/src/ledger.rs).

grpc_address=127.0.9.50

# grpc KIND [CONDITION]: CONDITION says which calls both ends' own code got to see as they were sent.
grpc() {
  start server.log "$grpc_peers" serve "$grpc_address:50051" server.jsonl
  soon listening "$grpc_address" 50051
  record "host $grpc_address and tcp port 50051"
  client "$grpc_peers" call "$1" "$grpc_address:50051" client.jsonl
  recorded
  stop_servers
  sed -i "s,^[^ ]*/,," commands
  jq -c 'select(.path | endswith("/Burn") | not)' client.jsonl | witness "tonic client" http_exchanges "${2:-true}"
  if [ -n "${2:-}" ]; then
    jq -c 'select(.path | endswith("/Burn")) | del(.request_messages)' client.jsonl |
      witness "tonic client" http_exchanges "path = '/shop.stock.v1.Stock/Burn'"
  fi
  witness "tonic server" http_exchanges "${2:-true}" <server.jsonl
  made_by "$(version tonic)"
}

record_grpc_unary() { grpc unary; }
record_grpc_client_stream() { grpc client-stream; }
record_grpc_server_stream() { grpc server-stream; }
record_grpc_bidi() { grpc bidi; }

# A method that the server does not know is refused before the client's message is sent, though the client has noted it.
record_grpc_errors() {
  grpc errors "path <> '/shop.stock.v1.Stock/Burn'"
}
