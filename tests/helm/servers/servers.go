//go:build tools

// SPDX-License-Identifier: Apache-2.0

// Package servers pins what `./dev test --soak` builds to ask a real API server about the chart:
// go.mod is that of k8s.io/kubernetes with its staging modules from where they are published.
package servers

import (
	_ "go.etcd.io/etcd/server/v3"
	_ "helm.sh/helm/v3/cmd/helm"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
)
