{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/*
The Secrets that are mounted, as a YAML list of {name, secret}. Each is a folder of its own under
/mnt/sluice: the kubelet replaces what is in a folder when the Secret changes, but never a subPath.
*/}}
{{- define "sluice.secrets" -}}
{{- $v := .Values -}}
{{- $sentinel := and $v.redis.enabled (eq $v.redis.mode "sentinel") -}}
{{- $redisTls := and $v.redis.enabled $v.redis.tls.enabled -}}
{{- $all := list
  (list "tls" $v.tls.existingSecret true)
  (list "control-token" $v.control.token.existingSecret true)
  (list "control-tls" $v.control.tls.existingSecret true)
  (list "control-ca" $v.control.clientCA.existingSecret true)
  (list "jwt" $v.jwt.existingSecret true)
  (list "cluster-keys" $v.cluster.keys.existingSecret true)
  (list "redis-sentinel" $v.redis.sentinel.existingSecret $sentinel)
  (list "redis-ca" $v.redis.tls.caSecret $redisTls)
  (list "redis-tls" $v.redis.tls.existingSecret $redisTls) -}}
{{- $mounts := list -}}
{{- range $all -}}
{{- if and (index . 1) (index . 2) -}}
{{- $mounts = append $mounts (dict "name" (index . 0) "secret" (index . 1)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $mounts -}}
{{- end -}}

{{/* dict "root" . "secrets" LIST */}}
{{- define "sluice.volumes" -}}
- name: config
  configMap:
    name: {{ include "sluice.fullname" .root }}
{{- range .secrets | fromYamlArray }}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    # 0440: the pod's group reads it.
    defaultMode: 288
{{- end }}
{{- end -}}

{{/* dict "secrets" LIST */}}
{{- define "sluice.volumeMounts" -}}
- name: config
  mountPath: /etc/sluice
  readOnly: true
{{- range .secrets | fromYamlArray }}
- name: {{ .name }}
  mountPath: /mnt/sluice/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}
