{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough for every suffix of an object's name and the number of a pod. */}}
{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 48 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "sluice.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* What never changes of a pod. */}}
{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sluice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end -}}

{{/* A map whose values are strings to Kubernetes, whatever they are in YAML; toString would make 1e+06. */}}
{{- define "sluice.strings" -}}
{{- range $key, $value := . }}
{{ $key }}: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end -}}

{{/* dict "root" . "component" "public" "labels" MAP: the labels of an object. */}}
{{- define "sluice.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" (include "sluice.name" .root)
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/component" .component
  "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- include "sluice.strings" (merge $own (default dict .labels) .root.Values.commonLabels) | trim -}}
{{- end -}}

{{/* dict "root" . "annotations" MAP: the annotations of an object, with their key; or nothing. */}}
{{- define "sluice.annotations" -}}
{{- $all := merge dict (default dict .annotations) .root.Values.commonAnnotations -}}
{{- with $all }}
annotations:
  {{- include "sluice.strings" . | trim | nindent 2 }}
{{- end -}}
{{- end -}}

{{/* dict "root" . "name" SUFFIX "component" "public" "of" BLOCK: the metadata of an object. */}}
{{- define "sluice.metadata" -}}
{{- $of := default dict .of -}}
name: {{ include "sluice.fullname" .root }}{{ with .name }}-{{ . }}{{ end }}
namespace: {{ default (include "sluice.namespace" .root) (get $of "namespace") }}
labels:
  {{- include "sluice.labels" (dict "root" .root "component" .component "labels" (index $of "labels")) | nindent 2 }}
{{- with include "sluice.annotations" (dict "root" .root "annotations" (index $of "annotations")) }}
{{- . }}
{{- end }}
{{- end -}}

{{- define "sluice.image" -}}
{{- $image := .Values.image -}}
{{- $name := $image.repository -}}
{{- with default $image.registry .Values.global.imageRegistry -}}
{{- $name = printf "%s/%s" (trimSuffix "/" .) $name -}}
{{- end -}}
{{- if $image.digest -}}
{{ $name }}@{{ $image.digest }}
{{- else -}}
{{ $name }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{- define "sluice.imagePullSecrets" -}}
{{- $secrets := list -}}
{{- range concat (default list .Values.imagePullSecrets) (default list .Values.global.imagePullSecrets) -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}
