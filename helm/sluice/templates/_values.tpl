{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/*
`key: null` takes a default back, and Helm then leaves the key out: here each block is there again,
with what no object can do without. A switch that is not there is off.
*/}}
{{- define "sluice.skeleton" -}}
clusterDomain: cluster.local
commonLabels: {}
commonAnnotations: {}
image: {repository: sluice}
replicaCount: 1
config: {}
network: {ipv6: true}
ports: {public: 8080, control: 50051, admin: 8081}
shutdown: {marginSeconds: 15}
tls: {certKey: tls.crt, keyKey: tls.key}
control:
  token: {key: token}
  tls: {certKey: tls.crt, keyKey: tls.key}
  clientCA: {key: ca.crt}
jwt: {key: keys.yaml}
redis:
  mode: standalone
  master: mymaster
  database: 0
  hosts: []
  auth: {}
  sentinel: {passwordKey: sentinel-password}
  tls: {caKey: ca.crt, certKey: tls.crt, keyKey: tls.key}
cluster: {keys: {key: keys}}
service:
  public: {type: ClusterIP}
  control: {type: ClusterIP, port: 50051}
  headless: {}
  metrics: {port: 8081}
ingress: {preset: none, idleTimeoutSeconds: 3600, annotations: {}}
controlIngress: {preset: none}
httpRoute: {}
grpcRoute: {}
autoscaling:
  minReplicas: 1
  maxReplicas: 10
  connections: {metric: sluice_connections, target: 20000}
  cpu: {target: 70}
  scaleUp: {stabilizationWindowSeconds: 0, pods: 4, periodSeconds: 60}
  scaleDown: {stabilizationWindowSeconds: 1800}
statefulSet: {updateStrategy: RollingUpdate, partition: 0, minReadySeconds: 0, revisionHistoryLimit: 10}
podDisruptionBudget: {}
networkPolicy: {egress: {}}
resources: {}
serviceAccount: {}
podSecurityContext: {}
securityContext: {}
startupProbe: {}
livenessProbe: {}
readinessProbe: {}
podAntiAffinity: none
serviceMonitor: {}
podMonitor: {}
prometheusRule: {extraLabels: {}, disabled: []}
dashboard: {labels: {}}
test: {}
global: {}
{{- end -}}

{{/* Fills what is missing in `to` with what `from` has. */}}
{{- define "sluice.fill" -}}
{{- $to := .to -}}
{{- range $key, $from := .from -}}
  {{- $is := index $to $key -}}
  {{- if and (kindIs "map" $from) (kindIs "map" $is) -}}
    {{- include "sluice.fill" (dict "to" $is "from" $from) -}}
  {{- else if kindIs "invalid" $is -}}
    {{- $_ := set $to $key $from -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Each template begins with it. */}}
{{- define "sluice.prepare" -}}
{{- include "sluice.fill" (dict "to" .Values "from" (include "sluice.skeleton" . | fromYaml)) -}}
{{- end -}}
