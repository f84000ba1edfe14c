// SPDX-License-Identifier: Apache-2.0

//go:build soak

package helm

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	meta_v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

func TestApiServer(t *testing.T) {
	server := startApiServer(t)
	t.Run("takes every object", server.takesEveryObject)
	t.Run("refuses a pod that is not restricted", server.refusesUnrestricted)
	t.Run("switch to an autoscaler", server.switchesToAutoscaler)
}

func (s *apiServer) takesEveryObject(t *testing.T) {
	if err := s.create(values{"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass",
		"metadata": values{"name": "gvisor"}, "handler": "gvisor"}); err != nil {
		t.Fatal(err)
	}
	eachSet(t, func(t *testing.T, name string, all objects) {
		for _, one := range all {
			if one.str("apiVersion") == backendConfigGroup {
				continue
			}
			if one.str("metadata", "namespace") == "" {
				at(one.tree, "metadata").(values)["namespace"] = "chat" // as Helm does
			}
			if err := s.create(whole(one.tree), meta_v1.DryRunAll); err != nil {
				t.Errorf("%s %s: %v", one.kind(), one.name(), err)
			}
		}
		// Pod Security looks at pods, not at what makes them; nulls.yaml takes even its defaults back.
		if err := s.create(podOf(t, all), meta_v1.DryRunAll); (err == nil) == (name == "nulls") {
			t.Errorf("the pod: %v", err)
		}
	})
}

// whole has integers where YAML's reader has floats, as the client wants them.
func whole(tree any) values { return numbers(tree).(values) }

func numbers(tree any) any {
	switch node := tree.(type) {
	case values:
		for key := range node {
			node[key] = numbers(node[key])
		}
	case []any:
		for i := range node {
			node[i] = numbers(node[i])
		}
	case float64:
		if node == float64(int64(node)) {
			return int64(node)
		}
	}
	return tree
}

func podOf(t *testing.T, all objects) values {
	t.Helper()
	return whole(values{"apiVersion": "v1", "kind": "Pod", "spec": pod(t, all),
		"metadata": values{"name": "edge-sluice-0", "namespace": "chat"}})
}

// The check would notice.
func (s *apiServer) refusesUnrestricted(t *testing.T) {
	err := s.create(podOf(t, render(t, "securityContext: {allowPrivilegeEscalation: true}")), meta_v1.DryRunAll)
	if err == nil || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("took it: %v", err)
	}
}

// docs/kubernetes.md: the nodes stay, and what is dangerous is refused.
func (s *apiServer) switchesToAutoscaler(t *testing.T) {
	common := []string{"sluice", folder, "--namespace=chat", "--reuse-values"}
	upgrade := func(sets ...string) (string, error) {
		return s.helm(append(append([]string{"upgrade"}, common...), sets...)...)
	}
	must := func(out string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	must(s.helm("install", "sluice", folder, "--namespace=chat", "--set=replicaCount=5,redis.enabled=true,redis.hosts={r}"))
	before := s.nodes(t)
	for _, dangerous := range []string{"--set=autoscaling.enabled=true", "--set=statefulSet.detached=true"} {
		if out, err := upgrade(dangerous); err == nil {
			t.Errorf("%s was not refused: %s", dangerous, out)
		}
	}
	s.keep(t, `"keep"`)
	if out, err := upgrade("--set=autoscaling.enabled=true"); err == nil {
		t.Errorf("the step between was left out: %s", out)
	}
	must(upgrade("--set=statefulSet.detached=true"))
	if out, err := upgrade("--set=statefulSet.detached=false,autoscaling.enabled=true"); err == nil {
		t.Errorf("nobody but Helm owned the number: %s", out)
	}
	s.own(t, `{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "sluice"}, "spec": {"replicas": 5}}`)
	must(upgrade("--set=statefulSet.detached=false,autoscaling.enabled=true,autoscaling.minReplicas=3"))
	s.keep(t, "null")
	after := s.nodes(t)
	if after.GetUID() != before.GetUID() || at(after.Object, "spec", "replicas") != int64(5) || after.GetGeneration() != before.GetGeneration() {
		t.Errorf("the nodes were touched: %v", after.Object["spec"])
	}
	// What the autoscaler decides stays.
	s.patch(t, `{"spec": {"replicas": 7}}`)
	must(upgrade("--set=config.connections-max=70000"))
	if have := at(s.nodes(t).Object, "spec", "replicas"); have != int64(7) {
		t.Errorf("an upgrade made it %v", have)
	}
}

// helm runs the command line, as an operator does.
func (s *apiServer) helm(arguments ...string) (string, error) {
	command := exec.Command(s.binaries+"/helm", arguments...)
	command.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig, "HELM_CACHE_HOME="+s.folder, "HELM_CONFIG_HOME="+s.folder, "HELM_DATA_HOME="+s.folder)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (s *apiServer) nodes(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	resource, err := s.resource(statefulSet())
	if err != nil {
		t.Fatal(err)
	}
	one, err := resource.Get(context.Background(), "sluice", meta_v1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return one
}

func statefulSet() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: values{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": values{"namespace": "chat"}}}
}

func (s *apiServer) keep(t *testing.T, value string) {
	t.Helper()
	s.patch(t, `{"metadata": {"annotations": {"helm.sh/resource-policy": `+value+`}}}`)
}

// own applies on the server's side, for a manager of its own.
func (s *apiServer) own(t *testing.T, text string) {
	t.Helper()
	resource, err := s.resource(statefulSet())
	if err == nil {
		_, err = resource.Patch(context.Background(), "sluice", types.ApplyPatchType, []byte(text), meta_v1.PatchOptions{FieldManager: "scaling"})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *apiServer) patch(t *testing.T, merge string) {
	t.Helper()
	resource, err := s.resource(statefulSet())
	if err == nil {
		_, err = resource.Patch(context.Background(), "sluice", types.MergePatchType, []byte(merge), meta_v1.PatchOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
}
