{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* What contradicts something else stops the render with one line that names the value. */}}
{{- define "sluice.check" -}}
{{- include "sluice.checkOwned" . -}}
{{- include "sluice.checkControl" . -}}
{{- include "sluice.checkRedis" . -}}
{{- include "sluice.checkScaling" . -}}
{{- include "sluice.checkRoutes" . -}}
{{- end -}}

{{- define "sluice.checkOwned" -}}
{{- $owned := include "sluice.owned" . | fromYaml -}}
{{- range $option, $value := .Values.config -}}
  {{- if and (hasKey $owned $option) (not (kindIs "invalid" $value)) -}}
    {{- fail (printf "config.%s: the chart sets this option; use %s" $option (get $owned $option)) -}}
  {{- end -}}
{{- end -}}
{{- range default list .Values.extraEnv -}}
  {{- $option := trimPrefix "SLUICE_" .name | lower | replace "_" "-" -}}
  {{- if and (hasPrefix "SLUICE_" .name) (hasKey $owned $option) -}}
    {{- fail (printf "extraEnv: %s would come before what the chart sets; use %s" .name (get $owned $option)) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkControl" -}}
{{- $c := .Values.control -}}
{{- if and $c.clientCA.existingSecret (not $c.tls.existingSecret) -}}
{{- fail "control.clientCA.existingSecret: callers show certificates by TLS alone; set control.tls.existingSecret" -}}
{{- end -}}
{{- if and $c.insecure (or $c.token.existingSecret $c.clientCA.existingSecret) -}}
{{- fail "control.insecure: contradicts control.token and control.clientCA; set one or the other" -}}
{{- end -}}
{{- if and $c.tls.existingSecret (not (include "sluice.controlReachable" .)) -}}
{{- fail "control.tls.existingSecret: says nothing of who may call; set control.token.existingSecret, control.clientCA.existingSecret or control.insecure" -}}
{{- end -}}
{{- $ports := .Values.ports -}}
{{- if ne 3 (len (uniq (list (int64 $ports.public) (int64 $ports.control) (int64 $ports.admin)))) -}}
{{- fail "ports: public, control and admin are three different ports" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkRedis" -}}
{{- $r := .Values.redis -}}
{{- $many := or .Values.autoscaling.enabled (gt (int64 .Values.replicaCount) 1) -}}
{{- if and $many (not $r.enabled) (not $r.independentNodes) -}}
{{- fail "replicaCount and autoscaling: several nodes are one only with redis.enabled; or say redis.independentNodes" -}}
{{- end -}}
{{- if $r.enabled -}}
  {{- $url := and $r.auth.existingSecret $r.auth.urlKey -}}
  {{- if and (not $url) (empty $r.hosts) -}}
    {{- fail "redis.hosts: name at least one server, or the whole URL by redis.auth.urlKey" -}}
  {{- end -}}
  {{- if and (not $url) (eq $r.mode "standalone") (gt (len $r.hosts) 1) -}}
    {{- fail "redis.hosts: standalone has one server; set redis.mode to sentinel or cluster" -}}
  {{- end -}}
  {{- if and (not $url) (eq $r.mode "cluster") (gt (int64 $r.database) 0) -}}
    {{- fail "redis.database: a Redis Cluster has database 0 alone" -}}
  {{- end -}}
  {{- if and (ne $r.mode "sentinel") $r.sentinel.existingSecret -}}
    {{- fail "redis.sentinel.existingSecret: only with redis.mode sentinel" -}}
  {{- end -}}
{{- end -}}
{{- if and (not $r.enabled) $r.auth.existingSecret -}}
{{- fail "redis.auth.existingSecret: without redis.enabled nobody asks Redis" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkScaling" -}}
{{- $a := .Values.autoscaling -}}
{{- if $a.enabled -}}
  {{- if gt (int64 $a.minReplicas) (int64 $a.maxReplicas) -}}
    {{- fail (printf "autoscaling.minReplicas: %d is more than maxReplicas (%d)" (int64 $a.minReplicas) (int64 $a.maxReplicas)) -}}
  {{- end -}}
  {{- if and $a.cpu.enabled (not (dig "requests" "cpu" "" .Values.resources)) -}}
    {{- fail "autoscaling.cpu: a percentage needs resources.requests.cpu" -}}
  {{- end -}}
  {{- if not (or $a.cpu.enabled $a.connections.enabled $a.extraMetrics) -}}
    {{- fail "autoscaling: enable connections or cpu, or name extraMetrics" -}}
  {{- end -}}
  {{- include "sluice.checkSwitch" . -}}
{{- end -}}
{{- if .Values.statefulSet.detached -}}
  {{- $live := lookup "apps/v1" "StatefulSet" (include "sluice.namespace" .) (include "sluice.fullname" .) -}}
  {{- if and $live (ne "keep" (dig "metadata" "annotations" "helm.sh/resource-policy" "" $live)) -}}
    {{- fail (printf "statefulSet.detached: Helm would delete the nodes; first: kubectl annotate statefulset %s helm.sh/resource-policy=keep" (include "sluice.fullname" .)) -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/*
Where nodes run without an autoscaler, Helm takes `replicas` away and one node is left. Two things hold
it: the upgrade before took the StatefulSet out of the release, which the ConfigMap then says, and
somebody else owns the number, for a Helm that applies on the server's side (docs/kubernetes.md).
`helm template` sees no cluster.
*/}}
{{- define "sluice.checkSwitch" -}}
{{- $name := include "sluice.fullname" . -}}
{{- $namespace := include "sluice.namespace" . -}}
{{- $live := lookup "apps/v1" "StatefulSet" $namespace $name -}}
{{- $scaler := lookup "autoscaling/v2" "HorizontalPodAutoscaler" $namespace $name -}}
{{- if and $live (not $scaler) (gt (dig "spec" "replicas" 1 $live | int64) 1) -}}
{{- $config := lookup "v1" "ConfigMap" $namespace $name -}}
{{- $detached := eq "true" (dig "metadata" "annotations" "sluice/detached" "" $config) -}}
{{- if not (and $detached (include "sluice.replicasAreOwned" $live)) -}}
{{- fail "autoscaling.enabled: all nodes but one would be stopped at once; switch it on in the steps of docs/kubernetes.md" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Does anybody but Helm own the number of nodes of this StatefulSet? */}}
{{- define "sluice.replicasAreOwned" -}}
{{- range dig "metadata" "managedFields" list . -}}
{{- if and (ne .manager "helm") (hasKey (dig "fieldsV1" "f:spec" dict .) "f:replicas") -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.checkRoutes" -}}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) -}}
{{- fail "httpRoute.parentRefs: name the gateway that it belongs to" -}}
{{- end -}}
{{- if and .Values.grpcRoute.enabled (not .Values.grpcRoute.parentRefs) -}}
{{- fail "grpcRoute.parentRefs: name the gateway that it belongs to" -}}
{{- end -}}
{{- range $name, $of := dict "controlIngress" .Values.controlIngress "grpcRoute" .Values.grpcRoute -}}
{{- if and $of.enabled (not (include "sluice.testAsks" $)) -}}
{{- fail (printf "%s.enabled: the control plane has no Service; set service.control.enabled, and control.token, control.clientCA or control.insecure" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "podMonitor.enabled: with serviceMonitor.enabled everything would be counted twice; enable one" -}}
{{- end -}}
{{- if and .Values.serviceMonitor.enabled (not .Values.service.metrics.enabled) -}}
{{- fail "serviceMonitor.enabled: it needs service.metrics.enabled; or use podMonitor" -}}
{{- end -}}
{{- end -}}
