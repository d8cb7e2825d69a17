// Records what prometheus-operator 0.68.0 generates.
package main

import (
	"context"
	"errors"

	"github.com/go-kit/log"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	"github.com/prometheus-operator/prometheus-operator/pkg/assets"
	"github.com/prometheus-operator/prometheus-operator/pkg/operator"
	"github.com/prometheus-operator/prometheus-operator/pkg/prometheus"
	registry "github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"

	"prom-doctor/tests/operator/corpus"
)

func main() {
	corpus.Record(corpus.Operator{Version: "0.68.0", Answer: answer})
}

// answer goes the way of the operator's own sync: check the monitors, fill the store, generate.
func answer(c *corpus.Case) []byte {
	ctx := context.Background()
	var stored []runtime.Object
	for _, secret := range corpus.Of[corev1.Secret](c, "Secret") {
		stored = append(stored, secret)
	}
	for _, configMap := range corpus.Of[corev1.ConfigMap](c, "ConfigMap") {
		stored = append(stored, configMap)
	}
	client := fake.NewSimpleClientset(stored...)
	store := assets.NewStore(client.CoreV1(), client.CoreV1())

	var server monitoringv1.PrometheusInterface
	if c.Server.Kind == "PrometheusAgent" {
		server = corpus.Read[monitoringv1alpha1.PrometheusAgent](&c.Server)
	} else {
		server = corpus.Read[monitoringv1.Prometheus](&c.Server)
	}

	metrics := operator.NewMetrics(registry.NewRegistry())
	// Why a monitor is refused stands in the log only.
	var refused error
	logger := log.LoggerFunc(func(line ...any) error {
		for i, word := range line[:len(line)-1] {
			if reason, ok := line[i+1].(string); ok && word == "error" {
				refused = errors.New(reason)
			}
		}
		return nil
	})
	selector := prometheus.NewResourceSelector(logger, server, store, nil, metrics)
	sm := corpus.Must(selector.SelectServiceMonitors(ctx, list[monitoringv1.ServiceMonitor](c, "ServiceMonitor")))
	pm := corpus.Must(selector.SelectPodMonitors(ctx, list[monitoringv1.PodMonitor](c, "PodMonitor")))
	probes := corpus.Must(selector.SelectProbes(ctx, list[monitoringv1.Probe](c, "Probe")))
	sc := corpus.Must(selector.SelectScrapeConfigs(ctx, list[monitoringv1alpha1.ScrapeConfig](c, "ScrapeConfig")))
	corpus.Check(refused)

	fields, namespace := server.GetCommonPrometheusFields(), server.GetObjectMeta().GetNamespace()
	corpus.Check(prometheus.AddAPIServerConfigToStore(ctx, store, namespace, fields.APIServerConfig))
	// The operator of this version says that EndpointSlices are not supported, whatever the cluster serves.
	generator := corpus.Must(prometheus.NewConfigGenerator(log.NewNopLogger(), server, false))
	additional := []byte(c.Additional)
	if prom, ok := server.(*monitoringv1.Prometheus); ok {
		return corpus.Must(generator.GenerateServerConfiguration(ctx, "", "", nil, nil, prom.Spec.TSDB, nil, nil,
			sm, pm, probes, sc, store, additional, nil, nil, nil))
	}
	return corpus.Must(generator.GenerateAgentConfiguration(ctx, sm, pm, probes, sc, store, additional))
}

// list stands for an informer.
func list[T any](c *corpus.Case, kind string) prometheus.ListAllByNamespaceFn {
	all := corpus.Of[T](c, kind)
	return func(_ string, _ labels.Selector, found cache.AppendFunc) error {
		for _, monitor := range all {
			found(monitor)
		}
		return nil
	}
}
