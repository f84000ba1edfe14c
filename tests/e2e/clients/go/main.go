// SPDX-License-Identifier: Apache-2.0

// A JSON-RPC client as sourcegraph/jsonrpc2 makes it, over a WebSocket. Calls, hears events, answers
// calls, and says each on stdout; ends when it hears the event "end".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/gorilla/websocket"
	"github.com/sourcegraph/jsonrpc2"
	wsjsonrpc2 "github.com/sourcegraph/jsonrpc2/websocket"
)

var ended = make(chan struct{})

func handle(_ context.Context, _ *jsonrpc2.Conn, request *jsonrpc2.Request) (interface{}, error) {
	switch request.Method {
	case "ticks":
		fmt.Println("ticks", string(*request.Params))
	case "confirm":
		var params struct{ What string }
		if err := json.Unmarshal(*request.Params, &params); err != nil {
			return nil, err
		}
		return "yes, " + params.What, nil
	case "end":
		close(ended)
	}
	return nil, nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	socket, _, err := websocket.DefaultDialer.DialContext(ctx, os.Args[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	conn := jsonrpc2.NewConn(ctx, wsjsonrpc2.NewObjectStream(socket),
		jsonrpc2.HandlerWithError(handle))
	var sum int
	if err := conn.Call(ctx, "sum", []int{2, 3}, &sum); err != nil {
		log.Fatal(err)
	}
	fmt.Println("sum", sum)
	var failed *jsonrpc2.Error
	if err := conn.Call(ctx, "nope", []int{}, nil); errors.As(err, &failed) {
		fmt.Println("nope", failed.Code)
	}
	if err := conn.Notify(ctx, "note", map[string]int{"a": 1}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("ready")
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
