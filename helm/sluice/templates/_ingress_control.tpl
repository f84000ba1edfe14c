{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Each class is told in its own words that the backend speaks gRPC, with TLS or without. */}}
{{- define "sluice.controlIngressAnnotations" -}}
{{- $preset := include "sluice.presetOf" .Values.controlIngress -}}
{{- $tls := not (empty .Values.control.tls.existingSecret) -}}
{{- $idle := int64 .Values.ingress.idleTimeoutSeconds -}}
{{- if eq $preset "nginx" }}
nginx.ingress.kubernetes.io/backend-protocol: {{ ternary "GRPCS" "GRPC" $tls }}
nginx.ingress.kubernetes.io/proxy-read-timeout: {{ $idle | quote }}
nginx.ingress.kubernetes.io/proxy-send-timeout: {{ $idle | quote }}
{{- else if eq $preset "nginx-inc" }}
nginx.org/grpc-services: {{ include "sluice.fullname" . }}-grpc
nginx.org/proxy-read-timeout: {{ printf "%ds" $idle }}
nginx.org/proxy-send-timeout: {{ printf "%ds" $idle }}
{{- if $tls }}
nginx.org/ssl-services: {{ include "sluice.fullname" . }}-grpc
{{- end }}
{{- else if eq $preset "alb" }}
alb.ingress.kubernetes.io/target-type: ip
alb.ingress.kubernetes.io/backend-protocol: {{ ternary "HTTPS" "HTTP" $tls }}
alb.ingress.kubernetes.io/backend-protocol-version: GRPC
alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds={{ min 4000 $idle }}
{{- else if eq $preset "haproxy" }}
haproxy.org/server-proto: h2
haproxy-ingress.github.io/backend-protocol: {{ ternary "h2-ssl" "h2" $tls }}
{{- if $tls }}
haproxy.org/server-ssl: "true"
{{- end }}
{{- end }}
{{- end -}}

{{- define "sluice.controlServiceAnnotations" -}}
{{- $preset := include "sluice.presetOf" .Values.controlIngress -}}
{{- $tls := not (empty .Values.control.tls.existingSecret) -}}
{{- if eq $preset "gce" }}
cloud.google.com/neg: '{"ingress": true}'
cloud.google.com/app-protocols: '{"grpc":"HTTP2"}'
{{- else if eq $preset "traefik" }}
traefik.ingress.kubernetes.io/service.serversscheme: {{ ternary "https" "h2c" $tls }}
{{- else if eq $preset "contour" }}
projectcontour.io/upstream-protocol.{{ ternary "h2" "h2c" $tls }}: grpc
{{- else if eq $preset "kong" }}
konghq.com/protocol: {{ ternary "grpcs" "grpc" $tls }}
{{- end }}
{{- end -}}
