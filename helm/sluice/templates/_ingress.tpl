{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Whose annotations: the preset, or what the class's name says. */}}
{{- define "sluice.preset" -}}{{- include "sluice.presetOf" .Values.ingress -}}{{- end -}}

{{- define "sluice.presetOf" -}}
{{- $i := . -}}
{{- if not $i.enabled -}}none
{{- else if ne $i.preset "auto" -}}{{ $i.preset }}
{{- else -}}
{{- $class := lower (default "" $i.className) -}}
{{- if hasPrefix "gce" $class -}}gce
{{- else if has $class (list "nginx" "alb" "traefik" "haproxy" "contour" "kong") -}}{{ $class }}
{{- else -}}none
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Seconds from the stop until the last client is closed: load balancers must not cut before. */}}
{{- define "sluice.leavingSeconds" -}}
{{- $s := .Values.shutdown -}}
{{- $ms := add
  (include "sluice.milliseconds" (dict "name" "shutdown.delay" "value" (default "0" $s.delay)) | int64)
  (include "sluice.milliseconds" (dict "name" "shutdown.drainTimeout" "value" (default "30s" $s.drainTimeout)) | int64) -}}
{{- min 3600 (div (add $ms 999) 1000) -}}
{{- end -}}

{{- define "sluice.ingressAnnotations" -}}
{{- $preset := include "sluice.preset" . -}}
{{- $idle := int64 .Values.ingress.idleTimeoutSeconds -}}
{{- $tls := not (empty .Values.tls.existingSecret) -}}
{{- $service := include "sluice.fullname" . -}}
{{- if eq $preset "nginx" }}
nginx.ingress.kubernetes.io/proxy-read-timeout: {{ $idle | quote }}
nginx.ingress.kubernetes.io/proxy-send-timeout: {{ $idle | quote }}
nginx.ingress.kubernetes.io/backend-protocol: {{ ternary "HTTPS" "HTTP" $tls }}
{{- else if eq $preset "nginx-inc" }}
nginx.org/websocket-services: {{ $service }}
nginx.org/proxy-read-timeout: {{ printf "%ds" $idle }}
nginx.org/proxy-send-timeout: {{ printf "%ds" $idle }}
{{- if $tls }}
nginx.org/ssl-services: {{ $service }}
{{- end }}
{{- else if eq $preset "alb" }}
alb.ingress.kubernetes.io/target-type: ip
alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds={{ min 4000 $idle }}
alb.ingress.kubernetes.io/target-group-attributes: deregistration_delay.timeout_seconds={{ include "sluice.leavingSeconds" . }}
alb.ingress.kubernetes.io/backend-protocol: {{ ternary "HTTPS" "HTTP" $tls }}
alb.ingress.kubernetes.io/healthcheck-protocol: HTTP
alb.ingress.kubernetes.io/healthcheck-port: {{ int64 .Values.ports.admin | quote }}
alb.ingress.kubernetes.io/healthcheck-path: /readyz
{{- else if eq $preset "haproxy" }}
haproxy.org/timeout-tunnel: {{ printf "%ds" $idle }}
haproxy-ingress.github.io/timeout-tunnel: {{ printf "%ds" $idle }}
{{- if $tls }}
haproxy.org/server-ssl: "true"
haproxy-ingress.github.io/backend-protocol: h1-ssl
{{- end }}
{{- else if eq $preset "contour" }}
projectcontour.io/websocket-routes: {{ include "sluice.ingressPaths" . | quote }}
projectcontour.io/response-timeout: infinity
{{- end }}
{{- end -}}

{{/* What the same classes read on the Service. */}}
{{- define "sluice.serviceAnnotations" -}}
{{- $preset := include "sluice.preset" . -}}
{{- $tls := not (empty .Values.tls.existingSecret) -}}
{{- if eq $preset "gce" }}
cloud.google.com/neg: '{"ingress": true}'
{{- if .Values.ingress.backendConfig }}
cloud.google.com/backend-config: {{ dict "default" (include "sluice.fullname" .) | toJson | quote }}
{{- end }}
{{- if $tls }}
cloud.google.com/app-protocols: '{"public":"HTTPS"}'
{{- end }}
{{- else if and (eq $preset "traefik") $tls }}
traefik.ingress.kubernetes.io/service.serversscheme: https
{{- else if and (eq $preset "contour") $tls }}
projectcontour.io/upstream-protocol.tls: public
{{- else if eq $preset "kong" }}
konghq.com/read-timeout: {{ mul 1000 (int64 .Values.ingress.idleTimeoutSeconds) | quote }}
konghq.com/write-timeout: {{ mul 1000 (int64 .Values.ingress.idleTimeoutSeconds) | quote }}
konghq.com/protocol: {{ ternary "https" "http" $tls }}
{{- end }}
{{- end -}}

{{/* The paths of all hosts, with commas between. */}}
{{- define "sluice.ingressPaths" -}}
{{- $paths := list -}}
{{- range default list .Values.ingress.hosts -}}
{{- range default (list (dict "path" "/")) .paths -}}{{- $paths = append $paths (default "/" .path) -}}{{- end -}}
{{- end -}}
{{- default "/" (join "," (uniq $paths)) -}}
{{- end -}}

{{/* dict "root" . "of" BLOCK "component" "public" "service" SUFFIX "port" NAME "preset" ANNOTATIONS */}}
{{- define "sluice.ingress" -}}
{{- $root := .root -}}
{{- $backend := dict "name" (printf "%s%s" (include "sluice.fullname" .root) (ternary (printf "-%s" .service) "" (not (empty .service)))) "port" (dict "name" .port) -}}
{{- $annotations := merge dict (default dict .of.annotations) (fromYaml .preset) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "sluice.metadata" (dict "root" .root "name" .service "component" .component "of" (dict "labels" .of.labels "annotations" $annotations)) | nindent 2 }}
spec:
  {{- with .of.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- with .of.tls }}
  tls:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- range default (list dict) .of.hosts }}
    - http:
        paths:
          {{- range default (list dict) .paths }}
          - path: {{ default "/" .path }}
            pathType: {{ default "Prefix" .pathType }}
            backend:
              service:
                {{- toYaml $backend | nindent 16 }}
          {{- end }}
      {{- with .host }}
      host: {{ . | quote }}
      {{- end }}
    {{- end }}
{{- end -}}
