// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"encoding/json"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// backendConfigGroup has types that no module of Kubernetes publishes; its one object is in a golden file.
const backendConfigGroup = "cloud.google.com/v1"

func allTypes(t *testing.T) runtime.Decoder {
	t.Helper()
	all := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, gateway.Install, monitoring.AddToScheme,
	} {
		if err := add(all); err != nil {
			t.Fatal(err)
		}
	}
	// Strict: a field that is unknown or there twice is an error.
	return serializer.NewCodecFactory(all, serializer.EnableStrict).UniversalDeserializer()
}

func decode(decoder runtime.Decoder, text string) error {
	_, _, err := decoder.Decode([]byte(text), nil, nil)
	return err
}

func TestObjectsAreOfKubernetesTypes(t *testing.T) {
	decoder := allTypes(t)
	eachSet(t, func(t *testing.T, _ string, all objects) {
		for _, one := range all {
			if one.str("apiVersion") == backendConfigGroup {
				continue
			}
			if err := decode(decoder, one.text); err != nil {
				t.Errorf("%s %s: %v", one.kind(), one.name(), err)
			}
		}
	})
}

// The decoder would notice.
func TestUnknownFieldsAreNoticed(t *testing.T) {
	decoder := allTypes(t)
	all := render(t, "{}")
	for _, broken := range []func(values){
		func(tree values) { at(tree, "spec", "template", "spec").(values)["terminationGracePeriod"] = 5 },
		func(tree values) { at(tree, "spec").(values)["replicas"] = "1e+06" },
	} {
		one := all.of(t, "StatefulSet", "")
		broken(one.tree)
		text, err := json.Marshal(one.tree)
		if err != nil {
			t.Fatal(err)
		}
		if decode(decoder, string(text)) == nil {
			t.Errorf("passed: %s", text)
		}
		all = render(t, "{}")
	}
}

// Names are those of objects, each once.
func TestObjectsHaveNamesOfTheirOwn(t *testing.T) {
	eachSet(t, func(t *testing.T, _ string, all objects) {
		seen := map[string]bool{}
		for _, one := range all {
			key := one.kind() + " " + one.str("metadata", "namespace") + "/" + one.name()
			if seen[key] || one.name() == "" {
				t.Errorf("%s is there twice", key)
			}
			seen[key] = true
		}
	})
}
