// SPDX-License-Identifier: Apache-2.0
package helm

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// groups are those of the file of rules, and the same as they are rendered.
func groups(t *testing.T, text string) (file, rendered []any) {
	t.Helper()
	file, _ = parse(t, read(t, folder+"/files/rules.yaml"))["groups"].([]any)
	if len(file) == 0 {
		t.Fatal("files/rules.yaml has no groups")
	}
	rendered, _ = at(render(t, text).of(t, "PrometheusRule", "").tree, "spec", "groups").([]any)
	return file, rendered
}

func TestRulesAreThoseOfTheFile(t *testing.T) {
	file, rendered := groups(t, "prometheusRule: {enabled: true}")
	if !reflect.DeepEqual(file, rendered) {
		t.Errorf("rendered are %v", rendered)
	}
}

func firstAlert(t *testing.T, groups []any) string {
	t.Helper()
	for _, group := range groups {
		for _, rule := range at(group, "rules").([]any) {
			if name, _ := at(rule, "alert").(string); name != "" {
				return name
			}
		}
	}
	t.Fatal("no alerts")
	return ""
}

func TestRulesAreLabelledAndLeftOut(t *testing.T) {
	file, _ := groups(t, "prometheusRule: {enabled: true}")
	first := firstAlert(t, file)
	_, rendered := groups(t, "prometheusRule: {enabled: true, disabled: ["+first+"], extraLabels: {team: edge},\n"+
		"  additionalGroups: [{name: own, rules: [{record: a, expr: b}]}]}")
	alerts := 0
	for _, group := range rendered {
		for _, rule := range at(group, "rules").([]any) {
			if at(rule, "alert") == first {
				t.Errorf("%s is there", first)
			}
			if at(rule, "alert") != nil {
				alerts++
				if at(rule, "labels", "team") != "edge" {
					t.Errorf("%v has no label", rule)
				}
			} else if at(rule, "labels", "team") != nil {
				t.Errorf("%v is none, and has the label of alerts", rule)
			}
		}
	}
	if at(rendered[len(rendered)-1], "name") != "own" {
		t.Errorf("the last group is %v", rendered[len(rendered)-1])
	}
	if alerts == 0 {
		t.Error("none is left")
	}
}

func TestRunbooksAreWhereTheDocsAre(t *testing.T) {
	file, rendered := groups(t, "prometheusRule: {enabled: true, runbookBase: \"https://docs.example/\"}")
	compared := 0
	for i := range file {
		for j, rule := range at(file[i], "rules").([]any) {
			other := at(rendered[i], "rules").([]any)[j]
			url, _ := at(rule, "annotations", "runbook_url").(string)
			if url == "" {
				continue
			}
			compared++
			if at(other, "annotations", "runbook_url") != "https://docs.example/"+url ||
				at(other, "annotations", "summary") != at(rule, "annotations", "summary") {
				t.Errorf("%v", other)
			}
		}
	}
	if compared == 0 {
		t.Error("no alert has a runbook")
	}
}

func TestDashboardIsThatOfTheFile(t *testing.T) {
	all := render(t, "dashboard: {enabled: true, annotations: {grafana_folder: Gateways}}")
	one := all.of(t, "ConfigMap", "edge-sluice-dashboard")
	text := one.str("data", "edge-sluice.json")
	if strings.TrimSpace(text) != strings.TrimSpace(read(t, folder+"/files/dashboard.json")) || !json.Valid([]byte(text)) {
		t.Error("it is another")
	}
	if one.str("metadata", "labels", "grafana_dashboard") != "1" || one.str("metadata", "annotations", "grafana_folder") != "Gateways" {
		t.Error(one.tree["metadata"])
	}
}
