// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
)

// `helm lint --strict`: a warning is a failure.
func TestLint(t *testing.T) {
	for _, name := range sets(t) {
		given := parse(t, read(t, "testdata/values/"+name+".yaml"))
		for _, message := range lint.All(folder, given, "chat", true).Messages {
			// An icon is for those who browse charts.
			if message.Severity >= support.WarningSev {
				t.Errorf("%s: %v", name, message)
			}
		}
	}
}

// README.md and values.schema.json are what values.yaml says.
func TestPagesAreCurrent(t *testing.T) {
	out, err := exec.Command("python3", root+"/tools/chart_docs.py", "--check").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// leaves are the values that have no map of values below them, as README.md lists them.
func leaves(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Za-z0-9.]+)` \\|").FindAllStringSubmatch(read(t, folder+"/README.md"), -1) {
		all = append(all, row[1])
	}
	if len(all) < 150 {
		t.Fatalf("only %d values", len(all))
	}
	return all
}

func templates(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(folder + "/templates/*")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, file := range files {
		text.WriteString(read(t, file))
	}
	return text.String()
}

// A value that no template names does nothing.
func TestEachValueIsUsed(t *testing.T) {
	text := templates(t)
	for _, path := range leaves(t) {
		key := path[strings.LastIndex(path, ".")+1:]
		if !regexp.MustCompile(`[."]` + key + `\b`).MatchString(text) {
			t.Errorf("%s is in no template", path)
		}
	}
}

// And the other way round.
func TestEachUsedValueIsThere(t *testing.T) {
	all := leaves(t)
	for _, use := range regexp.MustCompile(`\.Values\.([A-Za-z0-9.]+)`).FindAllStringSubmatch(templates(t), -1) {
		found := strings.HasPrefix(use[1], "global.")
		for _, path := range all {
			found = found || path == use[1] || strings.HasPrefix(path, use[1]+".")
		}
		if !found {
			t.Errorf(".Values.%s is no value", use[1])
		}
	}
}

// Values that the pages for operators name are values.
func TestPagesNameValuesThatExist(t *testing.T) {
	all := leaves(t)
	text := read(t, root+"/docs/kubernetes.md")
	first := regexp.MustCompile(`^(` + blocks(all) + `)\.[A-Za-z]`)
	named := 0
	for _, word := range regexp.MustCompile("`([A-Za-z0-9.]+)(=[^`]*)?`|--set(?:-string)? ([A-Za-z0-9.]+)=").FindAllStringSubmatch(text, -1) {
		path := word[1] + word[3]
		if !first.MatchString(path) || strings.HasPrefix(path, "config.") || strings.HasPrefix(path, "global.") {
			continue
		}
		named++
		found := false
		for _, leaf := range all {
			found = found || leaf == path || strings.HasPrefix(leaf, path+".") || strings.HasPrefix(path, leaf+".")
		}
		if !found {
			t.Errorf("docs/kubernetes.md names %s, which is no value", path)
		}
	}
	if named < 10 {
		t.Errorf("only %d values are named", named)
	}
}

// blocks are the first keys of the values, as a choice.
func blocks(all []string) string {
	seen := map[string]bool{}
	var first []string
	for _, path := range all {
		key, _, _ := strings.Cut(path, ".")
		if !seen[key] {
			first = append(first, key)
		}
		seen[key] = true
	}
	return strings.Join(first, "|")
}

// The examples of values on the page render.
func TestExamplesOfThePageRender(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```yaml\n# values[^\n]*\n(.*?)```").FindAllStringSubmatch(read(t, root+"/docs/kubernetes.md"), -1)
	if len(blocks) < 4 {
		t.Fatalf("%d examples", len(blocks))
	}
	for _, block := range blocks {
		render(t, block[1])
	}
}

// null takes a default back: each value and each block, one by one and on top of all that can be on.
func TestNullPassesEverywhere(t *testing.T) {
	everything := read(t, "testdata/everything.yaml")
	paths := map[string]bool{}
	for _, leaf := range leaves(t) {
		keys := strings.Split(leaf, ".")
		for n := range keys {
			paths[strings.Join(keys[:n+1], ".")] = true
		}
	}
	// What cannot be left out of what is on.
	needed := strings.Fields("redis redis.hosts redis.mode redis.enabled httpRoute.parentRefs grpcRoute.parentRefs " +
		"service.control service.control.enabled control control.tls " +
		"control.tls.existingSecret resources service.metrics service.metrics.enabled service")
	for path := range paths {
		base := everything
		if slices.Contains(needed, path) {
			base = "{}"
		}
		tree := parse(t, base)
		setNull(tree, strings.Split(path, "."))
		if _, err := renderChart(load(t, folder), tree); err != nil {
			t.Errorf("%s: null: %v", path, err)
		}
	}
}

func setNull(tree values, keys []string) {
	if len(keys) == 1 {
		tree[keys[0]] = nil
		return
	}
	below, ok := tree[keys[0]].(values)
	if !ok {
		below = values{}
		tree[keys[0]] = below
	}
	setNull(below, keys[1:])
}

// As a part of another chart, with its own keys: a condition, global, and null from above.
func TestUmbrella(t *testing.T) {
	umbrella := t.TempDir()
	write(t, umbrella+"/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\ndependencies:\n"+
		"- {name: sluice, version: 0.1.0, condition: edge.enabled, alias: edge}\n")
	write(t, umbrella+"/values.yaml", "global: {imageRegistry: registry.example, team: shop}\n"+
		"edge: {enabled: true, networkPolicy: null, resources: null, image: {tag: null}, config: {connections-max: 1000000}}\n")
	if err := os.CopyFS(umbrella+"/charts/sluice", os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	rendered, err := renderChart(load(t, umbrella), values{})
	if err != nil {
		t.Fatal(err)
	}
	all := split(t, rendered)
	set := all.of(t, "StatefulSet", "edge")
	if image := at(set.tree, "spec", "template", "spec", "containers", "image"); image != "registry.example/sluice:0.1.0" {
		t.Errorf("the image is %v", image)
	}
	if text := all.of(t, "ConfigMap", "edge").str("data", "sluice.yaml"); !strings.Contains(text, "connections-max: 1000000\n") {
		t.Error(text)
	}
	rendered, err = renderChart(load(t, umbrella), parse(t, "edge: {enabled: false}"))
	if err != nil || len(split(t, rendered)) > 0 {
		t.Errorf("not switched off: %v %v", err, rendered)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
