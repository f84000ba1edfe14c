// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"strings"
	"testing"
)

// Helm would set the number back at each upgrade.
func TestNoReplicasBesideAnAutoscaler(t *testing.T) {
	eachSet(t, func(t *testing.T, _ string, all objects) {
		_, scaled := all.find("HorizontalPodAutoscaler", "")
		_, fixed := at(all.of(t, "StatefulSet", "").tree, "spec").(values)["replicas"]
		if scaled == fixed {
			t.Errorf("autoscaler %v, replicas %v", scaled, fixed)
		}
	})
}

func TestScaleDownIsOnePodAGracePeriod(t *testing.T) {
	all := render(t, hpa)
	down := at(all.of(t, "HorizontalPodAutoscaler", "").tree, "spec", "behavior", "scaleDown", "policies").([]any)
	if len(down) != 1 {
		t.Fatalf("%v", down)
	}
	policy, grace := down[0].(values), pod(t, all)["terminationGracePeriodSeconds"].(float64)
	if policy["type"] != "Pods" || policy["value"] != 1.0 || policy["periodSeconds"].(float64) < grace {
		t.Errorf("%v with a grace of %v", policy, grace)
	}
	// The API server takes no period over 1800.
	long := render(t, hpa+"shutdown: {drainTimeout: 1h}\n")
	if at(long.of(t, "HorizontalPodAutoscaler", "").tree, "spec", "behavior", "scaleDown", "policies", "periodSeconds") != 1800.0 {
		t.Error("the period is not 1800")
	}
}

const hpa = "autoscaling: {enabled: true}\nredis: {enabled: true, hosts: [r]}\n"

func TestConnectionsAreBelowWhatAProxyHolds(t *testing.T) {
	metrics := at(render(t, hpa).of(t, "HorizontalPodAutoscaler", "").tree, "spec", "metrics").([]any)
	if at(metrics[0], "pods", "metric", "name") != "sluice_connections" || at(metrics[0], "pods", "target", "averageValue") != "20000" {
		t.Errorf("%v", metrics[0])
	}
	if !strings.Contains(notes(t, "redis: {enabled: true, hosts: [r]}\nautoscaling: {enabled: true, connections: {target: 30000}}"), "28000") {
		t.Error("NOTES say nothing of 28000")
	}
	if !strings.Contains(notes(t, "ingress: {enabled: true, className: nginx}"), "holds about 28000 sockets") {
		t.Error("NOTES say nothing of what a proxy holds")
	}
}

// The container whose CPU is looked at is there.
func TestCpuIsThatOfTheGateway(t *testing.T) {
	all := render(t, hpa)
	metrics := at(all.of(t, "HorizontalPodAutoscaler", "").tree, "spec", "metrics").([]any)
	if at(metrics[1], "containerResource", "container") != container(t, all)["name"] {
		t.Errorf("%v", metrics[1])
	}
}

// The step of the switch that takes the StatefulSet out of the release.
func TestDetachedRendersNoStatefulSet(t *testing.T) {
	if _, is := render(t, "statefulSet: {detached: true}").find("StatefulSet", ""); is {
		t.Error("it is rendered")
	}
}

// nodes x (grace + start); Helm's own 5 minutes take a healthy release back.
func TestNotesStateTheTimeout(t *testing.T) {
	text := notes(t, "replicaCount: 5\nredis: {enabled: true, hosts: [r]}")
	if want := "--timeout 1135s"; !strings.Contains(text, want) { // 5 x (157 + 10 + 60)
		t.Errorf("no %s in\n%s", want, text)
	}
	if text = notes(t, hpa); !strings.Contains(text, "--timeout 2270s") {
		t.Errorf("not of the most nodes there may be:\n%s", text)
	}
	if text = notes(t, "shutdown: {drainTimeout: 10m}"); !strings.Contains(text, "600 s after which the cluster autoscaler") {
		t.Errorf("nothing of the cluster autoscaler:\n%s", text)
	}
}

func TestNotesWarnOfLatePings(t *testing.T) {
	for text, warns := range map[string]bool{
		"{}":                                        false,
		"config: {ping-interval: 30s}":              false,
		"config: {ping-interval: 31s}":              true,
		"config: {ping-interval: 0}":                true,
		"config: {line-ping-interval: 1m}":          true,
		"config: {longhouse-ping-interval: 45s}":    true,
		"config: {socketcluster-ping-interval: 1m}": true,
	} {
		if have := strings.Contains(notes(t, text), "WARNING"); have != warns {
			t.Errorf("%s: warns %v", text, have)
		}
	}
}

func notes(t *testing.T, text string) string {
	t.Helper()
	rendered, err := renderChart(load(t, folder), parse(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return rendered["sluice/templates/NOTES.txt"]
}
