// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestGolden(t *testing.T) {
	eachSet(t, func(t *testing.T, name string, all objects) {
		var text strings.Builder
		for _, one := range all {
			if !isWrapped(one) {
				text.WriteString("---\n" + one.text)
			}
		}
		path := "testdata/golden/" + name + ".yaml"
		if *update {
			if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have := read(t, path); have != text.String() {
			t.Errorf("%s is not what is rendered: %s\nif that is right: go test -update",
				path, firstDifference(have, text.String()))
		}
	})
}

// isWrapped tells what a file of the chart is wrapped into: it is compared with that (monitoring_test.go),
// so that a change of a panel is none of a golden file.
func isWrapped(one object) bool {
	return one.kind() == "PrometheusRule" || strings.HasSuffix(one.name(), "-dashboard")
}

func firstDifference(have, want string) string {
	was, is := strings.Split(have, "\n"), strings.Split(want, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return "line " + strconv.Itoa(i+1) + "\n- " + was[i] + "\n+ " + is[i]
		}
	}
	return "one is longer"
}

// A golden file whose value set is gone checks nothing.
func TestNoGoldenIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(sets(t)) {
		t.Errorf("%d golden files for %d value sets", len(files), len(sets(t)))
	}
}
