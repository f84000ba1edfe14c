// SPDX-License-Identifier: Apache-2.0

// A worker as backends in Go write them, for tests of what its protobuf and gRPC libraries check:
// strings must be UTF-8, a message has at most 4 MiB.
//
//	worker ADDRESS NAMESPACE [admission]
//
// Serves "echo" (answers with what it was told about its caller) and "big" (answers with a text of
// as many bytes as its first argument says). Prints "ready" once it is registered, and why the
// stream ended.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	sluice "sluice.dev/tests/worker/sluice"
)

var serve = grpc.StreamDesc{StreamName: "Serve", ServerStreams: true, ClientStreams: true}

func body(value any) *sluice.Body {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return &sluice.Body{Content: &sluice.Body_Json{Json: text}}
}

func result(call *sluice.Invocation_Call, context *sluice.Context) *sluice.Body {
	if call.Method == "big" {
		var sizes []int
		if err := json.Unmarshal(call.Params.GetJson(), &sizes); err != nil {
			panic(err)
		}
		return body(strings.Repeat("x", sizes[0]))
	}
	return body(map[string]any{
		"headers": context.GetHeaders(), "target": context.GetTarget(),
		"connection": context.GetConnectionId(), "namespace": context.GetNamespace(),
	})
}

func answer(invocation *sluice.Invocation) *sluice.InvocationResult {
	answer := &sluice.InvocationResult{Id: invocation.Id}
	if call := invocation.GetCall(); call != nil {
		answer.Outcome = &sluice.InvocationResult_Result{Result: result(call, invocation.Context)}
	} else {
		answer.Outcome = &sluice.InvocationResult_Accept{Accept: &sluice.Accept{User: "go"}}
	}
	return answer
}

func run(address, namespace string, admission bool) error {
	connection, err := grpc.Dial(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	stream, err := connection.NewStream(context.Background(), &serve, "/sluice.v1.Workers/Serve")
	if err != nil {
		return err
	}
	register := &sluice.Register{
		Namespace: namespace,
		Methods:   []*sluice.Method{{Name: "echo"}, {Name: "big"}},
		Context: []sluice.ContextField{
			sluice.ContextField_CONTEXT_FIELD_CONNECTION, sluice.ContextField_CONTEXT_FIELD_NAMESPACE,
			sluice.ContextField_CONTEXT_FIELD_HEADERS, sluice.ContextField_CONTEXT_FIELD_TARGET,
		},
		HeaderNames: []string{"user-agent", "cookie"},
	}
	if admission {
		register.Roles = []sluice.Role{sluice.Role_ROLE_ADMISSION}
	}
	err = stream.SendMsg(&sluice.ServeRequest{
		Hello: &sluice.Hello{Worker: "go", Credit: 64}, Registers: []*sluice.Register{register},
	})
	for err == nil {
		response := &sluice.ServeResponse{}
		if err = stream.RecvMsg(response); err != nil {
			break
		}
		for _, registered := range response.Registered {
			fmt.Println(strings.TrimSpace("ready " + registered.RefusedReason))
		}
		request := &sluice.ServeRequest{}
		for _, invocation := range response.Invocations {
			request.Results = append(request.Results, answer(invocation))
		}
		if len(request.Results) > 0 {
			err = stream.SendMsg(request)
		}
	}
	return err
}

func main() {
	fmt.Println("ended", run(os.Args[1], os.Args[2], len(os.Args) > 3))
}
