{{/* SPDX-License-Identifier: Apache-2.0 */}}
{{/* Options that the chart sets, and the values that stand for them. */}}
{{- define "sluice.owned" -}}
node: the pod's name
listen: network.ipv6 and ports.public
control: network.ipv6 and ports.control
admin: network.ipv6 and ports.admin
advertise: control.advertise
config: config
storage: redis.*
shutdown-delay: shutdown.delay
drain-timeout: shutdown.drainTimeout
drain-per-second: shutdown.drainPerSecond
drain-grace: shutdown.drainGrace
drain-reconnect-window: shutdown.reconnectWindow
control-stop-timeout: shutdown.controlStopTimeout
tls-cert: tls.existingSecret
tls-key: tls.existingSecret
control-insecure: control.insecure
control-token-file: control.token.existingSecret
control-tls-cert: control.tls.existingSecret
control-tls-key: control.tls.existingSecret
control-client-ca: control.clientCA.existingSecret
jwt-keys: jwt.existingSecret
cluster-keys: cluster.keys.existingSecret
redis-key-prefix: redis.keyPrefix
redis-sentinel-user: redis.sentinel.username
redis-sentinel-password-file: redis.sentinel.existingSecret
redis-tls-ca: redis.tls.caSecret
redis-tls-cert: redis.tls.existingSecret
redis-tls-key: redis.tls.existingSecret
redis-tls-name: redis.tls.serverName
{{- end -}}

{{- define "sluice.controlReachable" -}}
{{- if or .Values.control.insecure .Values.control.token.existingSecret .Values.control.clientCA.existingSecret -}}true{{- end -}}
{{- end -}}

{{/* dict "root" . "port" 8080 "loopback" false */}}
{{- define "sluice.listen" -}}
{{- $host := ternary "[::]" "0.0.0.0" (eq true .root.Values.network.ipv6) -}}
{{- if .loopback -}}{{- $host = "127.0.0.1" -}}{{- end -}}
{{ $host }}:{{ int64 .port }}
{{- end -}}

{{/* The URL of Redis as far as it is no secret. */}}
{{- define "sluice.redisUrl" -}}
{{- $r := .Values.redis -}}
{{- $scheme := ternary "rediss" "redis" (eq true $r.tls.enabled) -}}
{{- if ne $r.mode "standalone" -}}{{- $scheme = printf "%s+%s" $scheme $r.mode -}}{{- end -}}
{{- $who := "" -}}
{{- if and $r.auth.existingSecret $r.auth.passwordKey -}}
{{- $who = printf "%s:$(REDIS_PASSWORD)@" (ternary "$(REDIS_USERNAME)" "" (not (empty $r.auth.usernameKey))) -}}
{{- end -}}
{{- $path := "" -}}
{{- if eq $r.mode "sentinel" -}}{{- $path = printf "/%s" $r.master -}}{{- end -}}
{{- if gt (int64 $r.database) 0 -}}{{- $path = printf "%s/%d" $path (int64 $r.database) -}}{{- end -}}
{{ $scheme }}://{{ $who }}{{ join "," $r.hosts }}{{ $path }}
{{- end -}}

{{/* Is the URL of Redis a secret, or has it one in it? */}}
{{- define "sluice.redisUrlIsSecret" -}}
{{- with .Values.redis -}}
{{- if and .enabled .auth.existingSecret (or .auth.urlKey .auth.passwordKey) -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.redisConfig" -}}
{{- $r := .Values.redis -}}
{{- $c := dict -}}
{{- if $r.enabled -}}
  {{- if not (include "sluice.redisUrlIsSecret" .) -}}{{- $_ := set $c "storage" (include "sluice.redisUrl" .) -}}{{- end -}}
  {{- with $r.keyPrefix -}}{{- $_ := set $c "redis-key-prefix" . -}}{{- end -}}
  {{- if eq $r.mode "sentinel" -}}
    {{- with $r.sentinel.username -}}{{- $_ := set $c "redis-sentinel-user" . -}}{{- end -}}
    {{- if $r.sentinel.existingSecret -}}
      {{- $_ := set $c "redis-sentinel-password-file" (printf "/mnt/sluice/redis-sentinel/%s" $r.sentinel.passwordKey) -}}
    {{- end -}}
  {{- end -}}
  {{- if $r.tls.enabled -}}
    {{- with $r.tls.serverName -}}{{- $_ := set $c "redis-tls-name" . -}}{{- end -}}
    {{- if $r.tls.caSecret -}}{{- $_ := set $c "redis-tls-ca" (printf "/mnt/sluice/redis-ca/%s" $r.tls.caKey) -}}{{- end -}}
    {{- if $r.tls.existingSecret -}}
      {{- $_ := set $c "redis-tls-cert" (printf "/mnt/sluice/redis-tls/%s" $r.tls.certKey) -}}
      {{- $_ := set $c "redis-tls-key" (printf "/mnt/sluice/redis-tls/%s" $r.tls.keyKey) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $c -}}
{{- end -}}

{{- define "sluice.portsConfig" -}}
{{- $v := .Values -}}
{{- $c := dict
  "listen" (include "sluice.listen" (dict "root" . "port" $v.ports.public))
  "control" (include "sluice.listen" (dict "root" . "port" $v.ports.control "loopback" (not (include "sluice.controlReachable" .))))
  "admin" (include "sluice.listen" (dict "root" . "port" $v.ports.admin)) -}}
{{- if $v.control.insecure -}}{{- $_ := set $c "control-insecure" true -}}{{- end -}}
{{- if $v.control.token.existingSecret -}}{{- $_ := set $c "control-token-file" (printf "/mnt/sluice/control-token/%s" $v.control.token.key) -}}{{- end -}}
{{- if $v.control.clientCA.existingSecret -}}{{- $_ := set $c "control-client-ca" (printf "/mnt/sluice/control-ca/%s" $v.control.clientCA.key) -}}{{- end -}}
{{- if $v.control.tls.existingSecret -}}
  {{- $_ := set $c "control-tls-cert" (printf "/mnt/sluice/control-tls/%s" $v.control.tls.certKey) -}}
  {{- $_ := set $c "control-tls-key" (printf "/mnt/sluice/control-tls/%s" $v.control.tls.keyKey) -}}
{{- end -}}
{{- if $v.tls.existingSecret -}}
  {{- $_ := set $c "tls-cert" (printf "/mnt/sluice/tls/%s" $v.tls.certKey) -}}
  {{- $_ := set $c "tls-key" (printf "/mnt/sluice/tls/%s" $v.tls.keyKey) -}}
{{- end -}}
{{- if $v.jwt.existingSecret -}}{{- $_ := set $c "jwt-keys" (printf "/mnt/sluice/jwt/%s" $v.jwt.key) -}}{{- end -}}
{{- if $v.cluster.keys.existingSecret -}}{{- $_ := set $c "cluster-keys" (printf "/mnt/sluice/cluster-keys/%s" $v.cluster.keys.key) -}}{{- end -}}
{{- toYaml $c -}}
{{- end -}}

{{- define "sluice.shutdownConfig" -}}
{{- $c := dict -}}
{{- $s := .Values.shutdown -}}
{{- range $option, $value := dict "shutdown-delay" $s.delay "drain-timeout" $s.drainTimeout "drain-per-second" $s.drainPerSecond "drain-grace" $s.drainGrace "drain-reconnect-window" $s.reconnectWindow "control-stop-timeout" $s.controlStopTimeout -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $c $option $value -}}{{- end -}}
{{- end -}}
{{- toYaml $c -}}
{{- end -}}

{{/* The gateway's YAML file. toYaml writes 1000000 as it is, where print would make it 1e+06. */}}
{{- define "sluice.config" -}}
{{- $c := dict -}}
{{- range $option, $value := .Values.config -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $c $option $value -}}{{- end -}}
{{- end -}}
{{- $c = merge $c (include "sluice.portsConfig" . | fromYaml) (include "sluice.redisConfig" . | fromYaml) (include "sluice.shutdownConfig" . | fromYaml) -}}
{{- toYaml $c -}}
{{- end -}}
