module sluice.dev/tests/client

go 1.19

require (
	github.com/gorilla/websocket v1.5.0
	github.com/sourcegraph/jsonrpc2 v0.2.0
)
