{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "sluice.env" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: SLUICE_NODE
  value: $(POD_NAME)
{{- if include "sluice.controlReachable" . }}
- name: SLUICE_ADVERTISE
  value: {{ default (printf "$(POD_NAME).%s-headless.$(POD_NAMESPACE).svc.%s:%d" (include "sluice.fullname" .) .Values.clusterDomain (int64 .Values.ports.control)) .Values.control.advertise | quote }}
{{- end }}
{{- if include "sluice.redisUrlIsSecret" . }}
{{- include "sluice.redisEnv" . }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Kubernetes puts what stands before into $(NAME), so the URL is in no object of the API. */}}
{{- define "sluice.redisEnv" -}}
{{- $auth := .Values.redis.auth }}
{{- if $auth.urlKey }}
- name: SLUICE_STORAGE
  valueFrom:
    secretKeyRef:
      name: {{ $auth.existingSecret }}
      key: {{ $auth.urlKey }}
{{- else }}
{{- if $auth.usernameKey }}
- name: REDIS_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ $auth.existingSecret }}
      key: {{ $auth.usernameKey }}
{{- end }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $auth.existingSecret }}
      key: {{ $auth.passwordKey }}
- name: SLUICE_STORAGE
  value: {{ include "sluice.redisUrl" . | quote }}
{{- end }}
{{- end -}}

{{/* dict "path" "/healthz" "probe" MAP */}}
{{- define "sluice.probe" -}}
{{- $probe := omit .probe "httpGet" "grpc" "tcpSocket" "exec" -}}
{{- merge (dict "httpGet" (dict "path" .path "port" "admin")) $probe | toYaml -}}
{{- end -}}

{{- define "sluice.container" -}}
name: sluice
image: {{ include "sluice.image" . }}
imagePullPolicy: {{ default "IfNotPresent" .Values.image.pullPolicy }}
command: ["/usr/bin/sluice"]
args: ["--config=/etc/sluice/sluice.yaml"]
env:
  {{- include "sluice.env" . | nindent 2 }}
{{- with .Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  - name: public
    containerPort: {{ int64 .Values.ports.public }}
    protocol: TCP
  {{- if include "sluice.controlReachable" . }}
  - name: control
    containerPort: {{ int64 .Values.ports.control }}
    protocol: TCP
  {{- end }}
  - name: admin
    containerPort: {{ int64 .Values.ports.admin }}
    protocol: TCP
startupProbe:
  {{- include "sluice.probe" (dict "path" "/healthz" "probe" .Values.startupProbe) | nindent 2 }}
livenessProbe:
  {{- include "sluice.probe" (dict "path" "/healthz" "probe" .Values.livenessProbe) | nindent 2 }}
readinessProbe:
  {{- include "sluice.probe" (dict "path" "/readyz" "probe" .Values.readinessProbe) | nindent 2 }}
{{- if .Values.shutdown.preStop }}
lifecycle:
  preStop:
    exec:
      # Begins to leave, and ends when the process has gone. No shell is needed, and none is there.
      command: ["/usr/bin/sluice", "--leave"]
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  {{- include "sluice.volumeMounts" (dict "root" . "secrets" (include "sluice.secrets" .)) | nindent 2 }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "sluice.affinity" -}}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (include "sluice.selectorLabels" . | fromYaml)) -}}
{{- if .Values.affinity -}}
{{- toYaml .Values.affinity -}}
{{- else if eq .Values.podAntiAffinity "hard" -}}
{{- dict "podAntiAffinity" (dict "requiredDuringSchedulingIgnoredDuringExecution" (list $term)) | toYaml -}}
{{- else if eq .Values.podAntiAffinity "soft" -}}
{{- dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" (list (dict "weight" 100 "podAffinityTerm" $term))) | toYaml -}}
{{- end -}}
{{- end -}}

{{- define "sluice.spread" -}}
{{- $selector := dict "labelSelector" (dict "matchLabels" (include "sluice.selectorLabels" . | fromYaml)) -}}
{{- $all := list -}}
{{- range default list .Values.topologySpreadConstraints -}}
{{- $all = append $all (merge dict . (ternary dict $selector (hasKey . "labelSelector"))) -}}
{{- end -}}
{{- with $all -}}{{- toYaml . -}}{{- end -}}
{{- end -}}

{{/* Where a pod runs and as whom: of the gateway and of the test. */}}
{{- define "sluice.placement" -}}
serviceAccountName: {{ include "sluice.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "sluice.imagePullSecrets" . }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "dnsConfig" "hostAliases" }}
{{- with index $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- range $key := list "priorityClassName" "runtimeClassName" "schedulerName" "dnsPolicy" }}
{{- with index $.Values $key }}
{{ $key }}: {{ . }}
{{- end }}
{{- end }}
{{- end -}}
