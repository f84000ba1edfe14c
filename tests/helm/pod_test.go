// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"strings"
	"testing"
)

// Numbers of a file are floats to Helm; the gateway refuses 1e+06 and the API server, too.
func TestNumbersAreNumbers(t *testing.T) {
	eachSet(t, func(t *testing.T, _ string, all objects) {
		for _, one := range all {
			if strings.Contains(one.text, "e+0") {
				t.Errorf("%s %s:\n%s", one.kind(), one.name(), one.text)
			}
		}
	})
	all := render(t, read(t, "testdata/values/numbers.yaml"))
	text := all.of(t, "ConfigMap", "").str("data", "sluice.yaml")
	for _, line := range []string{"connections-max: 1000000\n", "outbox-bytes: 1048576\n", "events-kept: 20000000\n", "accepts-per-second: 1500.5\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	// By each way that a number takes into an object.
	large := "replicaCount: 1000000\nredis: {independentNodes: true}\n" +
		"autoscaling: {maxReplicas: 1000000}\nstatefulSet: {minReadySeconds: 1000000, partition: 1000000, revisionHistoryLimit: 1000000}\n" +
		"ingress: {enabled: true, className: gce, idleTimeoutSeconds: 80000}\npodDisruptionBudget: {enabled: true, maxUnavailable: 1000000}\n" +
		"podAnnotations: {number: 1000000}\ncommonAnnotations: {number: 1000000}\n"
	for _, one := range render(t, large) {
		if strings.Contains(one.text, "e+0") {
			t.Errorf("%s %s:\n%s", one.kind(), one.name(), one.text)
		}
	}
}

// With a subPath a file never changes again, whatever becomes of the Secret.
func TestMountsAreFolders(t *testing.T) {
	eachSet(t, func(t *testing.T, _ string, all objects) {
		for _, one := range all {
			if strings.Contains(one.text, "subPath") {
				t.Errorf("%s %s has a subPath", one.kind(), one.name())
			}
		}
		for _, mount := range at(container(t, all), "volumeMounts").([]any) {
			path, _ := at(mount, "mountPath").(string)
			if strings.HasPrefix(path, "/mnt/sluice/") && at(mount, "readOnly") != true {
				t.Errorf("%s can be written", path)
			}
		}
	})
}

// Secrets are named, never made.
func TestNoSecretIsRendered(t *testing.T) {
	eachSet(t, func(t *testing.T, _ string, all objects) {
		if one, is := all.find("Secret", ""); is {
			t.Error(one.text)
		}
	})
}

// What Pod Security "restricted" wants, of the gateway and of the test.
func TestPodsAreRestricted(t *testing.T) {
	for _, name := range []string{"memory", "sentinel-tls", "hpa"} {
		all := render(t, read(t, "testdata/values/"+name+".yaml"))
		for _, spec := range []values{pod(t, all), at(all.of(t, "Pod", "").tree, "spec").(values)} {
			security := at(spec, "containers", "securityContext")
			if at(spec, "securityContext", "runAsNonRoot") != true ||
				at(spec, "securityContext", "seccompProfile", "type") != "RuntimeDefault" ||
				at(security, "allowPrivilegeEscalation") != false ||
				at(security, "readOnlyRootFilesystem") != true ||
				texts(at(security, "capabilities", "drop"))[0] != "ALL" {
				t.Errorf("%s: %v %v", name, spec["securityContext"], security)
			}
			if spec["automountServiceAccountToken"] != false {
				t.Errorf("%s: a token is mounted", name)
			}
			for _, field := range []string{"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} {
				if spec[field] != nil {
					t.Errorf("%s: %s", name, field)
				}
			}
		}
	}
}

func TestListensOnBothFamilies(t *testing.T) {
	for text, host := range map[string]string{"control: {insecure: true}": "[::]:", "control: {insecure: true}\nnetwork: {ipv6: false}": "0.0.0.0:"} {
		options := config(t, render(t, text))
		for _, port := range []string{"listen", "control", "admin"} {
			if !strings.HasPrefix(options[port].(string), host) {
				t.Errorf("%s: %v", port, options[port])
			}
		}
	}
}

// A change of the configuration restarts the pods, and what is none does not.
func TestChecksumFollowsTheConfiguration(t *testing.T) {
	sum := func(text string) any {
		return at(render(t, text).of(t, "StatefulSet", "").tree, "spec", "template", "metadata", "annotations", "checksum/config")
	}
	if sum("{}") == sum("config: {connections-max: 7}") || sum("{}") == sum("shutdown: {delay: 16s}") {
		t.Error("the same")
	}
	if sum("{}") != sum("commonLabels: {a: b}") {
		t.Error("labels restart everybody")
	}
}

// Off loopback the control plane wants somebody who may call; without, nobody is led to it.
func TestControlPlaneIsClosedUnlessSomebodyMayCall(t *testing.T) {
	all := render(t, "{}")
	if config(t, all)["control"] != "127.0.0.1:50051" {
		t.Error(config(t, all)["control"])
	}
	if _, is := all.find("Service", "edge-sluice-grpc"); is {
		t.Error("it has a Service")
	}
	if !strings.Contains(notes(t, "{}"), "loopback") {
		t.Error("NOTES say nothing")
	}
}

// What the policy does not name is denied.
func TestNetworkPolicyDeniesWhatIsNotNamed(t *testing.T) {
	all := render(t, "networkPolicy: {enabled: true}")
	policy := all.of(t, "NetworkPolicy", "")
	rules := at(policy.tree, "spec", "ingress").([]any)
	if len(rules) != 1 || at(rules[0], "ports", "port") != "public" {
		t.Errorf("%v", rules)
	}
	if out := at(policy.tree, "spec", "egress").([]any); len(out) != 1 || at(out[0], "ports", "port") != 53.0 {
		t.Errorf("%v", out)
	}
	all = render(t, read(t, "testdata/values/sentinel-tls.yaml"))
	if text := all.of(t, "NetworkPolicy", "").text; !strings.Contains(text, "port: 26380") || !strings.Contains(text, "port: 6379") {
		t.Error(text)
	}
}

// Each preset sets an idle time-out that is longer than the pings, where its class reads one.
func TestPresets(t *testing.T) {
	for class, line := range map[string]string{
		"nginx": `nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"`, "alb": "idle_timeout.timeout_seconds=3600",
		"gce": "timeoutSec: 86400", "gce-internal": "timeoutSec: 86400", "haproxy": `haproxy.org/timeout-tunnel: "3600s"`,
		"contour": "projectcontour.io/websocket-routes", "kong": `konghq.com/read-timeout: "3600000"`,
	} {
		var text strings.Builder
		for _, one := range render(t, "ingress: {enabled: true, className: "+class+"}") {
			text.WriteString(one.text)
		}
		if !strings.Contains(text.String(), line) {
			t.Errorf("%s: no %s", class, line)
		}
		for _, other := range []string{"nginx.ingress", "alb.ingress", "cloud.google.com", "haproxy.org", "projectcontour", "konghq.com"} {
			own := strings.Contains(line, other) || strings.HasPrefix(class, "gce") && other == "cloud.google.com" ||
				class == "alb" && other == "alb.ingress"
			if strings.Contains(text.String(), other) && !own {
				t.Errorf("%s has annotations of %s, too", class, other)
			}
		}
	}
	if !strings.Contains(notes(t, "ingress: {enabled: true, className: own}"), "idle time-outs are yours") {
		t.Error("NOTES say nothing of an unknown class")
	}
}
