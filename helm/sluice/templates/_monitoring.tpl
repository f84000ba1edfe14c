{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* dict "root" . "of" BLOCK "port" "admin": one endpoint of a ServiceMonitor or PodMonitor. */}}
{{- define "sluice.endpoint" -}}
- port: admin
  path: /metrics
  {{- range $key := list "interval" "scrapeTimeout" }}
  {{- with index $.of $key }}
  {{ $key }}: {{ . }}
  {{- end }}
  {{- end }}
  {{- range $key := list "relabelings" "metricRelabelings" }}
  {{- with index $.of $key }}
  {{ $key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/* The groups of files/rules.yaml without the alerts that are disabled, and with the labels. */}}
{{- define "sluice.ruleGroups" -}}
{{- $v := .Values.prometheusRule -}}
{{- $groups := list -}}
{{- range get (.Files.Get "files/rules.yaml" | fromYaml) "groups" -}}
  {{- $rules := list -}}
  {{- range .rules -}}
    {{- if not (has (default "" .alert) (default list $v.disabled)) -}}
      {{- $labels := dict -}}
      {{- if .alert -}}{{- $labels = merge dict $v.extraLabels (default dict .labels) -}}{{- end -}}
      {{- $own := dict -}}
      {{- if $labels -}}{{- $_ := set $own "labels" $labels -}}{{- end -}}
      {{- with dig "annotations" "runbook_url" "" . -}}
      {{- if $v.runbookBase -}}{{- $_ := set $own "annotations" (dict "runbook_url" (printf "%s%s" $v.runbookBase .)) -}}{{- end -}}
      {{- end -}}
      {{- $rules = append $rules (merge $own .) -}}
    {{- end -}}
  {{- end -}}
  {{- if $rules -}}{{- $groups = append $groups (merge (dict "rules" $rules) .) -}}{{- end -}}
{{- end -}}
{{- toYaml (concat $groups (default list $v.additionalGroups)) -}}
{{- end -}}
