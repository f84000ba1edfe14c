{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* dict "name" "shutdown.delay" "value" "1m30s": its milliseconds. */}}
{{- define "sluice.milliseconds" -}}
{{- $text := toString .value -}}
{{- $parts := regexFindAll "[0-9]+(\\.[0-9]+)?(h|ms|m|s|us|ns)" $text -1 -}}
{{- if and (ne $text "0") (or (empty $parts) (ne (join "" $parts) $text)) -}}
{{- fail (printf "%s: %s is no duration; write it like 90s or 1m30s" .name $text) -}}
{{- end -}}
{{- $units := dict "h" 3600000.0 "m" 60000.0 "s" 1000.0 "ms" 1.0 "us" 0.001 "ns" 0.000001 -}}
{{- $sum := 0.0 -}}
{{- range $parts -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit .) (get $units $unit)) -}}
{{- end -}}
{{- ceil $sum | int64 -}}
{{- end -}}

{{/* An option of the gateway that times depend on, as `config` or the gateway itself has it. */}}
{{- define "sluice.configured" -}}
{{- $value := index .root.Values.config .option -}}
{{- ternary .default $value (kindIs "invalid" $value) -}}
{{- end -}}

{{/* Whole seconds, rounded up, from the stop to the end of the process at the latest, and a margin. */}}
{{- define "sluice.graceSeconds" -}}
{{- $s := .Values.shutdown -}}
{{- $close := include "sluice.configured" (dict "root" . "option" "close-timeout" "default" "5s") -}}
{{- $sum := 0 -}}
{{- range list
  (dict "name" "shutdown.delay" "value" (default "0" $s.delay))
  (dict "name" "shutdown.drainTimeout" "value" (default "30s" $s.drainTimeout))
  (dict "name" "shutdown.controlStopTimeout" "value" (default "1s" $s.controlStopTimeout))
  (dict "name" "config.close-timeout" "value" $close) -}}
{{- $sum = add $sum (include "sluice.milliseconds" . | int64) -}}
{{- end -}}
{{- /* What is said to Redis at the end takes a second at most. */ -}}
{{- add (div (add $sum 999) 1000) 1 (int64 $s.marginSeconds) -}}
{{- end -}}

{{/* Pings that a load balancer may take for silence: one line each. */}}
{{- define "sluice.latePings" -}}
{{- $root := . -}}
{{- range $option, $default := dict "ping-interval" "25s" "line-ping-interval" "15s" "longhouse-ping-interval" "30s" "socketcluster-ping-interval" "8s" -}}
{{- $value := include "sluice.configured" (dict "root" $root "option" $option "default" $default) -}}
{{- $ms := include "sluice.milliseconds" (dict "name" (printf "config.%s" $option) "value" $value) | int64 -}}
{{- if eq $ms 0 }}
config.{{ $option }} is 0: nobody is pinged, and silent connections are cut on the way.
{{- else if gt $ms 30000 }}
config.{{ $option }} is {{ $value }}: many load balancers cut what is silent for 60 s, some for 30 s. Use 30s or less.
{{- end -}}
{{- end -}}
{{- end -}}
