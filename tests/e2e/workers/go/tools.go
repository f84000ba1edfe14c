// SPDX-License-Identifier: Apache-2.0

//go:build tools

package main

// What is built from the module file but not imported.
import _ "google.golang.org/protobuf/cmd/protoc-gen-go"
