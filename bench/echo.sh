#!/bin/sh
# The cheapest MCP server there is: answers every request with an empty tool list, whatever was asked. For counting the proxy's own cost.
while IFS= read -r line; do
  case $line in *'"id":'*) ;; *) continue ;; esac
  id=${line#*'"id":'}
  id=${id%%[,\}]*}
  printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"},"tools":[]}}\n' "$id"
done
