// Records what prometheus-operator 0.93.0 generates for the cases of the corpus.
package main

import (
	"context"
	"fmt"
	"log/slog"

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
	corpus.Record("0.93.0", answer)
}

// answer goes the way of the operator's own sync: check the monitors, fill the store, generate.
func answer(c *corpus.Case) ([]byte, error) {
	ctx, logger := context.Background(), slog.New(slog.DiscardHandler)
	monitors, stored, err := decode(c)
	if err != nil {
		return nil, err
	}
	client := fake.NewClientset(stored...)
	store := assets.NewStoreBuilder(client.CoreV1(), client.CoreV1())

	var server monitoringv1.PrometheusInterface
	prom, agent := &monitoringv1.Prometheus{}, &monitoringv1alpha1.PrometheusAgent{}
	if c.Server.Kind == "PrometheusAgent" {
		err, server = c.Server.Decode(agent), agent
	} else {
		err, server = c.Server.Decode(prom), prom
	}
	if err != nil {
		return nil, err
	}

	metrics := operator.NewMetrics(registry.NewRegistry())
	events := operator.NewFakeRecorder(len(c.Objects), server.(runtime.Object))
	selector, err := prometheus.NewResourceSelector(logger, server, store, nil, metrics, events)
	if err != nil {
		return nil, err
	}
	sm, err := accepted(selector.SelectServiceMonitors(ctx, list[*monitoringv1.ServiceMonitor](monitors)))
	if err != nil {
		return nil, err
	}
	pm, err := accepted(selector.SelectPodMonitors(ctx, list[*monitoringv1.PodMonitor](monitors)))
	if err != nil {
		return nil, err
	}
	probes, err := accepted(selector.SelectProbes(ctx, list[*monitoringv1.Probe](monitors)))
	if err != nil {
		return nil, err
	}
	sc, err := accepted(selector.SelectScrapeConfigs(ctx, list[*monitoringv1alpha1.ScrapeConfig](monitors)))
	if err != nil {
		return nil, err
	}

	fields, namespace := server.GetCommonPrometheusFields(), server.GetObjectMeta().GetNamespace()
	if err := prometheus.AddAPIServerConfigToStore(ctx, store, namespace, fields.APIServerConfig); err != nil {
		return nil, err
	}
	if err := prometheus.AddScrapeClassesToStore(ctx, store, namespace, fields.ScrapeClasses); err != nil {
		return nil, err
	}
	generator, err := prometheus.NewConfigGenerator(logger, server, options(c, agent)...)
	if err != nil {
		return nil, err
	}
	additional := []byte(c.Additional)
	if c.Server.Kind == "PrometheusAgent" {
		return generator.GenerateAgentConfiguration(sm, pm, probes, sc, store, additional)
	}
	return generator.GenerateServerConfiguration(prom, sm, pm, probes, sc, store, additional, nil, nil, nil)
}

// options are what the operator's main program and its two controllers derive from the cluster's version, the feature
// gates and the agent's mode.
func options(c *corpus.Case, agent *monitoringv1alpha1.PrometheusAgent) []prometheus.ConfigGeneratorOption {
	var options []prometheus.ConfigGeneratorOption
	if c.Kubernetes >= 21 {
		options = append(options, prometheus.WithEndpointSliceSupport())
	}
	if c.Kubernetes >= 35 {
		options = append(options, prometheus.WithPodTopologyLabelsSupport())
	}
	if c.Enabled("PrometheusTopologySharding") {
		options = append(options, prometheus.WithPrometheusTopologySharding())
	}
	if c.Enabled("PrometheusShardRetentionPolicy") && c.Server.Kind == "Prometheus" {
		options = append(options, prometheus.WithPrometheusRetentionPolicies())
	}
	if agent.Spec.Mode != nil && *agent.Spec.Mode == monitoringv1alpha1.DaemonSetPrometheusAgentMode {
		options = append(options, prometheus.WithDaemonSet())
	}
	return options
}

// decode parts the objects into monitors and what the API server stores for them.
func decode(c *corpus.Case) (monitors, stored []runtime.Object, err error) {
	for i := range c.Objects {
		o := &c.Objects[i]
		var into runtime.Object
		switch o.Kind {
		case "ServiceMonitor":
			into = &monitoringv1.ServiceMonitor{}
		case "PodMonitor":
			into = &monitoringv1.PodMonitor{}
		case "Probe":
			into = &monitoringv1.Probe{}
		case "ScrapeConfig":
			into = &monitoringv1alpha1.ScrapeConfig{}
		case "Secret":
			into = &corev1.Secret{}
		case "ConfigMap":
			into = &corev1.ConfigMap{}
		default:
			return nil, nil, fmt.Errorf("no object of kind %s is expected", o.Kind)
		}
		if err := o.Decode(into); err != nil {
			return nil, nil, err
		}
		if o.Kind == "Secret" || o.Kind == "ConfigMap" {
			stored = append(stored, into)
		} else {
			monitors = append(monitors, into)
		}
	}
	return monitors, stored, nil
}

// list stands for the informers: it gives all monitors of the type, whatever the server's selectors say.
func list[T runtime.Object](monitors []runtime.Object) prometheus.ListAllByNamespaceFn {
	return func(_ string, _ labels.Selector, found cache.AppendFunc) error {
		for _, monitor := range monitors {
			if monitor, ok := monitor.(T); ok {
				found(monitor)
			}
		}
		return nil
	}
}

// accepted are the monitors, or why one of them was refused.
func accepted[T operator.ConfigurationResource](all operator.TypedResourcesSelection[T], err error) (map[string]T, error) {
	if err != nil {
		return nil, err
	}
	valid := all.ValidResources()
	for name, monitor := range all {
		if _, found := valid[name]; !found {
			return nil, fmt.Errorf("%s: %s", name, monitor.Conditions()[0].Message)
		}
	}
	return valid, nil
}
