// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"strings"
	"testing"
)

// What is refused, and what its message names.
var refusals = map[string][]string{
	// The schema.
	"replicas: 3":                              {"replicas", "not allowed"},
	"image: {tags: a}":                         {"/image", "tags", "not allowed"},
	"replicaCount: three":                      {"/replicaCount", "got string"},
	"replicaCount: -1":                         {"/replicaCount", "minimum"},
	"ports: {public: 70000}":                   {"/ports/public", "maximum"},
	"ports: {public: http}":                    {"/ports/public", "got string"},
	"network: {ipv6: \"no\"}":                  {"/network/ipv6", "boolean"},
	"redis: {mode: shards}":                    {"/redis/mode", "'standalone', 'sentinel', 'cluster'"},
	"redis: {hosts: redis}":                    {"/redis/hosts", "want"},
	"redis: {hosts: [\"redis://h\"]}":          {"/redis/hosts/0"},
	"shutdown: {delay: 15}":                    {"/shutdown/delay"},
	"shutdown: {delay: 15 seconds}":            {"/shutdown/delay"},
	"shutdown: {drainTimeout: 1e+06}":          {"/shutdown/drainTimeout"},
	"image: {digest: latest}":                  {"/image/digest"},
	"config: {listen_port: 1}":                 {"/config", "listen_port"},
	"config: {origins: {a: b}}":                {"/config/origins"},
	"ingress: {preset: apache}":                {"/ingress/preset"},
	"ingress: {idleTimeoutSeconds: 30}":        {"/ingress/idleTimeoutSeconds", "minimum"},
	"podDisruptionBudget: {maxUnavailable: x}": {"/podDisruptionBudget/maxUnavailable"},
	"extraEnv: [A=b]":                          {"/extraEnv/0", "object"},
	// What contradicts.
	"config: {listen: \"0.0.0.0:1\"}":                                    {"config.listen", "ports.public"},
	"config: {drain-timeout: 1m}":                                        {"config.drain-timeout", "shutdown.drainTimeout"},
	"config: {storage: memory}":                                          {"config.storage", "redis"},
	"config: {control-token-file: /a}":                                   {"config.control-token-file", "control.token.existingSecret"},
	"config: {close-timeout: soon}":                                      {"config.close-timeout", "soon"},
	"extraEnv: [{name: SLUICE_DRAIN_TIMEOUT, value: 1m}]":                {"SLUICE_DRAIN_TIMEOUT", "shutdown.drainTimeout"},
	"extraEnv: [{name: SLUICE_STORAGE, value: memory}]":                  {"SLUICE_STORAGE", "redis"},
	"replicaCount: 2":                                                    {"replicaCount", "redis.enabled"},
	"autoscaling: {enabled: true}":                                       {"autoscaling", "redis.enabled"},
	hpa + "resources: {requests: {cpu: null}}":                           {"autoscaling.cpu", "resources.requests.cpu"},
	"control: {clientCA: {existingSecret: a}}":                           {"control.clientCA", "control.tls"},
	"control: {tls: {existingSecret: a}}":                                {"control.tls", "control.token.existingSecret"},
	"control: {insecure: true, token: {existingSecret: a}}":              {"control.insecure", "control.token"},
	"ports: {public: 8081}":                                              {"ports", "three different"},
	"redis: {enabled: true}":                                             {"redis.hosts"},
	"redis: {enabled: true, hosts: [a, b]}":                              {"redis.hosts", "redis.mode"},
	"redis: {enabled: true, hosts: [a], mode: cluster, database: 1}":     {"redis.database"},
	"redis: {enabled: true, hosts: [a], sentinel: {existingSecret: b}}":  {"redis.sentinel.existingSecret"},
	"redis: {auth: {existingSecret: a}}":                                 {"redis.auth.existingSecret", "redis.enabled"},
	"controlIngress: {enabled: true}":                                    {"controlIngress", "control.token"},
	"grpcRoute: {enabled: true, parentRefs: [{name: a}]}":                {"grpcRoute", "control.token"},
	"grpcRoute: {enabled: true}":                                         {"grpcRoute.parentRefs"},
	"httpRoute: {enabled: true}":                                         {"httpRoute.parentRefs"},
	"serviceMonitor: {enabled: true}\npodMonitor: {enabled: true}":       {"podMonitor.enabled", "twice"},
	"serviceMonitor: {enabled: true}\nservice: {metrics: {enabled: no}}": {"serviceMonitor.enabled", "service.metrics.enabled"},
}

func TestRefusals(t *testing.T) {
	for text, names := range refusals {
		message := refused(t, text)
		for _, name := range names {
			if !strings.Contains(message, name) {
				t.Errorf("%s\nno %q in: %s", text, name, message)
			}
		}
	}
	for _, text := range []string{
		"redis: {enabled: true, hosts: [r]}\nautoscaling: {enabled: true, minReplicas: 5, maxReplicas: 4}",
		"redis: {enabled: true, hosts: [r]}\nautoscaling: {enabled: true, cpu: {enabled: false}, connections: {enabled: false}}",
	} {
		if message := refused(t, text); !strings.Contains(message, "autoscaling") {
			t.Error(message)
		}
	}
}

// What looks like it and is right.
func TestNotRefused(t *testing.T) {
	for _, text := range []string{
		"enabled: true\nglobal: {other: {deep: 1}}",
		"config: {listen: null}",
		"shutdown: {delay: 0}",
		"shutdown: {delay: 1m30.5s}",
		"replicaCount: 0",
		"replicaCount: 2\nredis: {independentNodes: true}",
		"podDisruptionBudget: {enabled: true, maxUnavailable: 30%}",
		"podDisruptionBudget: {enabled: true, minAvailable: 2}",
		"redis: {enabled: true, mode: cluster, hosts: [\"[fd00::1]:6379\", b]}",
	} {
		render(t, text)
	}
}
