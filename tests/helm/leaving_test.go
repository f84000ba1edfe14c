// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// config is the gateway's file as the ConfigMap has it.
func config(t *testing.T, all objects) values {
	t.Helper()
	tree := values{}
	if err := yaml.Unmarshal([]byte(all.of(t, "ConfigMap", "edge-sluice").str("data", "sluice.yaml")), &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// gateway is the StatefulSet and its pod; extras.yaml has another name.
func pod(t *testing.T, all objects) values {
	t.Helper()
	return at(all.of(t, "StatefulSet", "").tree, "spec", "template", "spec").(values)
}

func container(t *testing.T, all objects) values {
	t.Helper()
	return at(pod(t, all), "containers").([]any)[0].(values)
}

func lasts(t *testing.T, options values, name, otherwise string) time.Duration {
	t.Helper()
	text, ok := options[name].(string)
	if !ok {
		text = otherwise
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return parsed
}

// The kubelet kills when the grace is over, whatever is still being drained.
func TestGraceOutlastsTheDrain(t *testing.T) {
	eachSet(t, func(t *testing.T, name string, all objects) {
		if name == "extras" {
			return // of another name; its times are the defaults
		}
		options := config(t, all)
		// What the gateway takes at most if an option is not there, docs/deploys.md.
		needs := lasts(t, options, "shutdown-delay", "0") + lasts(t, options, "drain-timeout", "30s") +
			lasts(t, options, "control-stop-timeout", "1s") + lasts(t, options, "close-timeout", "5s") + time.Second
		grace := time.Duration(pod(t, all)["terminationGracePeriodSeconds"].(float64)) * time.Second
		if grace < needs+5*time.Second {
			t.Errorf("%s of grace for %s and a margin", grace, needs)
		}
	})
}

func TestGraceIsTheSum(t *testing.T) {
	for text, seconds := range map[string]float64{
		"{}":                           15 + 120 + 1 + 5 + 1 + 15,
		"shutdown: {delay: 1h2m3s}":    3723 + 120 + 1 + 5 + 1 + 15,
		"shutdown: {delay: 1.5m}":      90 + 120 + 1 + 5 + 1 + 15,
		"shutdown: {delay: 100ms}":     1 + 120 + 1 + 5 + 1 + 15, // rounded up
		"shutdown: {delay: 0}":         0 + 120 + 1 + 5 + 1 + 15,
		"config: {close-timeout: 20s}": 15 + 120 + 1 + 20 + 1 + 15,
		"shutdown: {drainTimeout: 5m, controlStopTimeout: 2500ms, marginSeconds: 30}": 15 + 300 + 3 + 5 + 1 + 30,
	} {
		if have := pod(t, render(t, text))["terminationGracePeriodSeconds"]; have != seconds {
			t.Errorf("%s: %v, not %v", text, have, seconds)
		}
	}
}

// No shell is in the image, and a SIGTERM would be the first of two.
func TestHookNeedsNoShell(t *testing.T) {
	eachSet(t, func(t *testing.T, name string, all objects) {
		if name == "nulls" {
			return
		}
		hook := at(container(t, all), "lifecycle", "preStop", "exec", "command")
		if !slices.Equal(texts(hook), []string{"/usr/bin/sluice", "--leave"}) {
			t.Errorf("the hook is %v", hook)
		}
		for _, one := range all {
			for _, word := range []string{"/bin/sh", "bash", "sleep", "kill "} {
				if strings.Contains(one.text, word) {
					t.Errorf("%s %s has %q", one.kind(), one.name(), word)
				}
			}
		}
	})
	if lifecycle := at(container(t, render(t, "shutdown: {preStop: false}")), "lifecycle"); lifecycle != nil {
		t.Errorf("is there: %v", lifecycle)
	}
}

func texts(list any) []string {
	var all []string
	entries, _ := list.([]any)
	for _, entry := range entries {
		text, _ := entry.(string)
		all = append(all, text)
	}
	return all
}

// The kubelet's gRPC probe has no token and hardly TLS; one on the public port would meet TLS, too.
func TestProbesAreHttpOnTheAdminPort(t *testing.T) {
	paths := map[string]string{"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
	check := func(t *testing.T, all objects) {
		gateway := container(t, all)
		for probe, path := range paths {
			if at(gateway, probe, "httpGet", "path") != path || at(gateway, probe, "httpGet", "port") != "admin" {
				t.Errorf("%s is %v", probe, gateway[probe])
			}
			for _, other := range []string{"grpc", "exec", "tcpSocket"} {
				if at(gateway, probe, other) != nil {
					t.Errorf("%s has %s", probe, other)
				}
			}
		}
	}
	eachSet(t, func(t *testing.T, _ string, all objects) { check(t, all) })
	check(t, render(t, "readinessProbe: {grpc: {port: 50051}, exec: {command: [sh]}}"))
}

// A release that never becomes ready would hold an ordered one for ever.
func TestNodesStartAtOnceAndAreReplacedOneByOne(t *testing.T) {
	set := render(t, "{}").of(t, "StatefulSet", "")
	if set.str("spec", "podManagementPolicy") != "Parallel" || set.str("spec", "updateStrategy", "type") != "RollingUpdate" {
		t.Error(set.text)
	}
	if at(set.tree, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable") != nil {
		t.Error("several nodes would drain at once")
	}
}
