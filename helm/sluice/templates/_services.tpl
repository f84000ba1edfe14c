{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{- define "sluice.publicPort" -}}
{{- default (ternary 443 80 (not (empty .Values.tls.existingSecret))) .Values.service.public.port | int64 -}}
{{- end -}}

{{/* The families of a Service, each on a line of its own behind what stands before. */}}
{{- define "sluice.serviceFamilies" -}}
{{- with .ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .ipFamilies }}
ipFamilies: {{ toJson . }}
{{- end }}
{{- end -}}
