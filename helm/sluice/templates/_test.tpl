{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Is there a control plane that another pod can ask? */}}
{{- define "sluice.testAsks" -}}
{{- if and (include "sluice.controlReachable" .) .Values.service.control.enabled -}}true{{- end -}}
{{- end -}}

{{/* What the test needs of the Secrets: to ask, a token and what it trusts and shows; to check, all. */}}
{{- define "sluice.testSecrets" -}}
{{- $c := .Values.control -}}
{{- if include "sluice.testAsks" . -}}
{{- $mounts := list -}}
{{- with $c.token.existingSecret -}}{{- $mounts = append $mounts (dict "name" "control-token" "secret" .) -}}{{- end -}}
{{- with $c.tls.existingSecret -}}{{- $mounts = append $mounts (dict "name" "test-tls" "secret" (default . $.Values.test.tlsSecret)) -}}{{- end -}}
{{- toYaml $mounts -}}
{{- else -}}
{{- include "sluice.secrets" . -}}
{{- end -}}
{{- end -}}

{{/* No shell is in the image: the command is the test. */}}
{{- define "sluice.testCommand" -}}
{{- if include "sluice.testAsks" . -}}
{{- $service := printf "%s-grpc.%s.svc" (include "sluice.fullname" .) (include "sluice.namespace" .) -}}
command: ["/usr/bin/sluicectl"]
args:
  - nodes
  - list
  - --address={{ $service }}:{{ int64 .Values.service.control.port }}
  {{- if .Values.control.token.existingSecret }}
  - --token-file=/mnt/sluice/control-token/{{ .Values.control.token.key }}
  {{- end }}
  {{- if .Values.control.tls.existingSecret }}
  - --tls-ca=/mnt/sluice/test-tls/ca.crt
  {{- with .Values.test.tlsServerName }}
  - --tls-name={{ . }}
  {{- end }}
  {{- if .Values.control.clientCA.existingSecret }}
  - --tls-cert=/mnt/sluice/test-tls/tls.crt
  - --tls-key=/mnt/sluice/test-tls/tls.key
  {{- end }}
  {{- end }}
{{- else -}}
command: ["/usr/bin/sluice"]
args: ["--config=/etc/sluice/sluice.yaml", "--check-config"]
env:
  {{- include "sluice.env" . | nindent 2 }}
{{- end -}}
{{- end -}}
