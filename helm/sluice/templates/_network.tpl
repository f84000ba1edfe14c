{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/*
The way to Redis. What sentinels and a Redis Cluster name later has ports of its own, so their usual
ones are open, too.
*/}}
{{- define "sluice.redisOpening" -}}
{{- $r := .Values.redis -}}
{{- if $r.enabled -}}
{{- $ports := list -}}
{{- range default list .Values.networkPolicy.egress.redisPorts -}}{{- $ports = append $ports (int64 .) -}}{{- end -}}
{{- if not $ports -}}
  {{- $usual := ternary 26379 6379 (eq $r.mode "sentinel") -}}
  {{- range $r.hosts -}}
    {{- $port := regexFind "^(\\[.*\\]|[^:]*):[0-9]+$" . | regexFind "[0-9]+$" -}}
    {{- $ports = append $ports (default $usual $port | int64) -}}
  {{- end -}}
  {{- if or (eq $r.mode "sentinel") (not $ports) -}}{{- $ports = append $ports (int64 6379) -}}{{- end -}}
{{- end -}}
- ports:
    {{- range uniq $ports }}
    - port: {{ . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.egress.redisTo }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}
